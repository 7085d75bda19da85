/*
 * tests/cassandra/CodecVectors.java: writes tests/unit/codec_vectors.h with Cassandra's own classes:
 * hashes, vints, JSON escapes and compressed chunks that libsst/codec must agree with.  Run it with
 * the jars of Cassandra 5.0 on the class path:  java -cp 'lib/*' CodecVectors.java FILE
 */
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

import org.apache.cassandra.io.compress.DeflateCompressor;
import org.apache.cassandra.io.compress.ICompressor;
import org.apache.cassandra.io.compress.LZ4Compressor;
import org.apache.cassandra.io.compress.NoopCompressor;
import org.apache.cassandra.io.compress.SnappyCompressor;
import org.apache.cassandra.io.compress.ZstdCompressor;
import org.apache.cassandra.io.util.DataOutputBuffer;
import org.apache.cassandra.utils.JsonUtils;
import org.apache.cassandra.utils.MurmurHash;

public class CodecVectors {
	static PrintStream out; /* standard output gets Cassandra's log */

	static String c(byte[] b) {
		StringBuilder s = new StringBuilder("\"");
		for (int i = 0; i < b.length; i++) {
			s.append(String.format("\\x%02x", b[i]));
			if (i % 20 == 19 && i + 1 < b.length)
				s.append("\"\n\t    \"");
		}
		return s.append("\", ").append(b.length).toString();
	}

	static void murmur() {
		Random r = new Random(42);
		out.println("\nstatic const struct {\n\tconst char *key;\n\tsize_t n;\n\tuint64_t h1, h2;\n} murmurs[] = {");
		for (int n = 0; n <= 40; n++) {
			byte[] b = new byte[n];
			long[] h = new long[2];
			for (int i = 0; i < n; i++)
				b[i] = (byte) (n % 3 == 0 ? r.nextInt(256) : n % 3 == 1 ? 0x80 + r.nextInt(128) : 0xff - i);
			MurmurHash.hash3_x64_128(ByteBuffer.wrap(b), 0, n, 0, h);
			out.printf("\t{ %s, UINT64_C(0x%x),\n\t    UINT64_C(0x%x) },\n", c(b), h[0], h[1]);
		}
		out.println("};");
	}

	static void vints() throws Exception {
		TreeSet<Long> values = new TreeSet<>(Long::compareUnsigned);
		for (int i = 0; i < 64; i += 7)
			for (long d = -1; d <= 1; d++)
				values.add((1L << i) + d);
		for (int i = 6; i < 64; i += 7)
			for (long d = -1; d <= 1; d++)
				values.add((1L << i) + d);
		values.add(-1L);
		values.add(Long.MIN_VALUE);
		values.add(0x123456789abcdef0L);
		out.println("\n/* The bytes as an unsigned and as a signed vint. */");
		out.println("static const struct {\n\tuint64_t v;\n\tconst char *u;\n\tsize_t un;\n\tconst char *s;\n\tsize_t sn;\n} vints[] = {");
		for (long v : values) {
			DataOutputBuffer u = new DataOutputBuffer(), s = new DataOutputBuffer();
			u.writeUnsignedVInt(v);
			s.writeVInt(v);
			out.printf("\t{ UINT64_C(0x%x), %s,\n\t    %s },\n", v, c(u.toByteArray()), c(s.toByteArray()));
		}
		out.println("};");
	}

	static void json() {
		StringBuilder sb = new StringBuilder();
		for (char c = 0; c <= 0xa0; c++)
			sb.append(c);
		sb.append("\u07ff\u0800\u2028\u2029\ufeff\uffff\ud83d\ude00</");
		byte[] from = sb.toString().getBytes(StandardCharsets.UTF_8);
		byte[] to = JsonUtils.quoteAsJsonString(sb.toString()).getBytes(StandardCharsets.UTF_8);
		out.printf("\nstatic const struct {\n\tconst char *from;\n\tsize_t from_n;\n\tconst char *to;\n\tsize_t to_n;\n} quoted = {\n\t%s,\n\t%s\n};\n", c(from), c(to));
	}

	static void chunk(ICompressor codec, byte[] text) throws Exception {
		ByteBuffer in = codec.preferredBufferType().allocate(text.length);
		ByteBuffer to = codec.preferredBufferType().allocate(codec.initialCompressedBufferLength(text.length));
		in.put(text).flip();
		codec.compress(in, to);
		to.flip();
		byte[] b = new byte[to.remaining()];
		to.get(b);
		out.printf("\t{ \"%s\", %s },\n", codec.getClass().getName(), c(b));
	}

	public static void main(String[] args) throws Exception {
		StringBuilder sb = new StringBuilder();

		out = new PrintStream(args[0]);
		for (int i = 0; i < 12; i++)
			sb.append("message ").append(i * 7919).append(" says hello, ");
		out.println("/* tests/unit/codec_vectors.h: made by tests/cassandra/CodecVectors.java with Cassandra 5.0.9. */");
		out.println("/* clang-format off */");
		murmur();
		vints();
		json();
		out.printf("\nstatic const char chunk_text[] =\n\t    \"%s\";\n", sb);
		out.println("\nstatic const struct {\n\tconst char *class_name, *chunk;\n\tsize_t n;\n} chunks[] = {");
		byte[] text = sb.toString().getBytes(StandardCharsets.UTF_8);
		chunk(LZ4Compressor.create(Map.of()), text);
		chunk(LZ4Compressor.create(Map.of("lz4_compressor_type", "high")), text);
		chunk(ZstdCompressor.create(Map.of()), text);
		chunk(ZstdCompressor.create(Map.of("compression_level", "22")), text);
		chunk(DeflateCompressor.create(Map.of()), text);
		chunk(SnappyCompressor.create(Map.of()), text);
		chunk(NoopCompressor.create(Map.of()), text);
		out.println("};");
	}
}
