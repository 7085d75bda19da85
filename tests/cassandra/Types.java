/*
 * What Cassandra makes of values: its own classes parse, print and compare them.  Run by
 * types-capture.
 *
 *	Types capture <types.in >types.tsv	values in every text form
 *	Types order <types.tsv >order.tsv	the values of each type in the order of compare()
 *	Types check <our.tsv			reads texts that libsst wrote; prints what differs
 *	Types reals SEED COUNT			random floats and doubles, bits and text
 */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.apache.cassandra.config.DatabaseDescriptor;
import org.apache.cassandra.cql3.QueryOptions;
import org.apache.cassandra.db.marshal.AbstractType;
import org.apache.cassandra.db.marshal.TypeParser;
import org.apache.cassandra.transport.ProtocolVersion;
import org.apache.cassandra.utils.ByteBufferUtil;
import org.apache.cassandra.utils.JsonUtils;

public class Types
{
	static final BufferedReader in =
	    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
	static final PrintStream out = new PrintStream(new java.io.BufferedOutputStream(
	    new java.io.FileOutputStream(java.io.FileDescriptor.out)), false, StandardCharsets.UTF_8);

	interface Text { String get() throws Exception; }

	/* The text with \t \n \\ escaped, or "-" where Cassandra throws. */
	static String cell(Text t)
	{
		String s;
		try {
			s = t.get();
		} catch (Throwable e) {
			return "-";
		}
		return s.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
		    .replace("\0", "\\0");
	}

	static String unescape(String s)
	{
		StringBuilder b = new StringBuilder();
		for (int i = 0; i < s.length(); i++) {
			char c = s.charAt(i);
			if (c == '\\' && i + 1 < s.length()) {
				c = s.charAt(++i);
				c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
			}
			b.append(c);
		}
		return b.toString();
	}

	/* x:HEX, s:STRING as fromString reads it, c:LITERAL of CQL. */
	static ByteBuffer value(AbstractType<?> type, String how)
	{
		String s = unescape(how.substring(2));
		switch (how.charAt(0)) {
		case 'x':
			return ByteBufferUtil.hexToBytes(s);
		case 's':
			return type.fromString(s);
		default:
			return type.asCQL3Type().fromCQLLiteral("ks", s);
		}
	}

	static String hex(ByteBuffer v)
	{
		return ByteBufferUtil.bytesToHex(v);
	}

	static ByteBuffer valid(AbstractType<?> type, ByteBuffer v)
	{
		type.validate(v.duplicate());
		return v;
	}

	static ByteBuffer fromJson(AbstractType<?> type, String json)
	{
		return type.fromJSONObject(JsonUtils.decodeJson(json)).bindAndGet(QueryOptions.DEFAULT);
	}

	/* The literal, if Cassandra itself reads the same bytes from it. */
	static String literal(AbstractType<?> type, ByteBuffer v)
	{
		String s = type.asCQL3Type().toCQLLiteral(v);
		if (!type.asCQL3Type().fromCQLLiteral("ks", s).equals(v))
			throw new IllegalStateException();
		return s;
	}

	static void capture() throws Exception
	{
		String line;
		out.println("# class\tbytes\tCQL literal\tgetString\ttoJSONString\tbytes of fromString(getString)\tbytes of fromJSONObject(toJSONString): written by types-capture");
		while ((line = in.readLine()) != null) {
			if (line.isEmpty() || line.startsWith("#"))
				continue;
			String[] f = line.split("\t", 2);
			AbstractType<?> type = TypeParser.parse(f[0]);
			ByteBuffer v;
			try {
				v = value(type, f[1]);
			} catch (Throwable e) {
				System.err.println(line + ": " + e);
				continue;
			}
			try {
				type.validate(v.duplicate());
			} catch (Throwable e) { /* not a value: only that is told */
				out.println(type + "\t" + ByteBufferUtil.bytesToHex(v) + "\t!\t!\t!\t!\t!");
				continue;
			}
			out.println(type + "\t" + ByteBufferUtil.bytesToHex(v) + "\t"
			    + cell(() -> literal(type, v.duplicate())) + "\t"
			    + cell(() -> type.getString(v.duplicate())) + "\t"
			    + cell(() -> type.toJSONString(v.duplicate(), ProtocolVersion.V5)) + "\t"
			    + cell(() -> hex(valid(type, type.fromString(type.getString(v.duplicate()))))) + "\t"
			    + cell(() -> hex(valid(type, fromJson(type, type.toJSONString(v.duplicate(), ProtocolVersion.V5))))));
		}
	}

	static void order() throws Exception
	{
		Map<String, List<ByteBuffer>> all = new LinkedHashMap<>();
		String line;
		while ((line = in.readLine()) != null) {
			String[] f = line.split("\t", -1);
			if (!line.startsWith("#") && !f[2].equals("!"))
				all.computeIfAbsent(f[0], k -> new ArrayList<>()).add(ByteBufferUtil.hexToBytes(f[1]));
		}
		out.println("# class\tbytes\tequal to the one before (=), or after it (<): written by types-capture");
		for (Map.Entry<String, List<ByteBuffer>> e : all.entrySet()) {
			AbstractType<?> type = TypeParser.parse(e.getKey());
			ByteBuffer last = null;
			try {
				e.getValue().sort(type);
			} catch (Throwable t) {
				continue; /* not comparable */
			}
			for (ByteBuffer v : e.getValue()) {
				out.println(e.getKey() + "\t" + ByteBufferUtil.bytesToHex(v) + "\t"
				    + (last != null && type.compare(last, v) == 0 ? "=" : "<"));
				last = v;
			}
		}
	}

	/* Lines: class, bytes, form (cql, string, json), text. */
	static void check() throws Exception
	{
		String line;
		int good = 0, bad = 0;
		while ((line = in.readLine()) != null) {
			String[] f = line.split("\t", -1);
			AbstractType<?> type = TypeParser.parse(f[0]);
			ByteBuffer want = ByteBufferUtil.hexToBytes(f[1]), got = null;
			String text = unescape(f[3]), why = "other bytes";
			try {
				if (f[2].equals("cql"))
					got = type.asCQL3Type().fromCQLLiteral("ks", text);
				else if (f[2].equals("string"))
					got = type.fromString(text);
				else
					got = fromJson(type, text);
			} catch (Throwable e) {
				why = e.toString();
			}
			if (want.equals(got)) {
				good++;
				continue;
			}
			bad++;
			out.println(line + "\t" + why + (got == null ? "" : " " + ByteBufferUtil.bytesToHex(got)));
		}
		out.println(good + " read back, " + bad + " not");
		out.flush();
		System.exit(bad == 0 ? 0 : 1);
	}

	static void reals(long seed, int count)
	{
		Random r = new Random(seed);
		for (int i = 0; i < count; i++) {
			long d = r.nextLong();
			int f = r.nextInt();
			if (i % 4 == 1)
				d = Double.doubleToRawLongBits(r.nextInt(2000000) / 1000.0);
			if (i % 4 == 2)
				d = Double.doubleToRawLongBits(Math.scalb(1.0, i % 2150 - 1080) * (1 + r.nextInt(4)));
			if (i % 4 == 3)
				d = Double.doubleToRawLongBits((double)(r.nextLong() >> r.nextInt(63)));
			if (i % 4 == 1)
				f = Float.floatToRawIntBits(r.nextInt(2000000) / 1000f);
			if (i % 4 == 2)
				f = Float.floatToRawIntBits(Math.scalb(1f, i % 280 - 150) * (1 + r.nextInt(4)));
			if (i % 4 == 3)
				f = Float.floatToRawIntBits((float)(r.nextInt() >> r.nextInt(31)));
			out.printf("%016x\t%s\t%08x\t%s%n", d, Double.toString(Double.longBitsToDouble(d)), f,
			    Float.toString(Float.intBitsToFloat(f)));
		}
	}

	public static void main(String[] args) throws Exception
	{
		java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone("UTC"));
		if (args[0].equals("reals")) {
			reals(Long.parseLong(args[1]), Integer.parseInt(args[2]));
			out.flush();
			System.exit(0);
		}
		DatabaseDescriptor.toolInitialization(false);
		if (args[0].equals("capture"))
			capture();
		else if (args[0].equals("order"))
			order();
		else
			check();
		out.flush();
		System.exit(0); /* Cassandra leaves threads behind */
	}
}
