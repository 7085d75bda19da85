import com.datastax.oss.driver.api.core.data.CqlDuration;
import com.datastax.oss.driver.api.core.data.CqlVector;
import com.datastax.oss.driver.api.core.data.GettableByIndex;
import com.datastax.oss.driver.api.core.data.TupleValue;
import com.datastax.oss.driver.api.core.data.UdtValue;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Values as values.tsv says them. */
final class Said {
  private Said() {}

  /** A field, where null and an empty collection differ. */
  static String at(GettableByIndex row, int i) {
    return row.isNull(i) ? "null" : value(row.getObject(i));
  }

  static String value(Object v) {
    if (v instanceof String) return '"' + (String) v + '"';
    if (v instanceof Float) return bits((Float) v);
    if (v instanceof Double) return bits((Double) v);
    if (v instanceof BigDecimal) {
      BigDecimal d = (BigDecimal) v;
      return "dec(" + d.unscaledValue() + "," + d.scale() + ")";
    }
    if (v instanceof ByteBuffer) return hex((ByteBuffer) v);
    if (v instanceof InetAddress) return '"' + address((InetAddress) v) + '"';
    if (v instanceof LocalTime) return String.valueOf(((LocalTime) v).toNanoOfDay());
    if (v instanceof Instant) return "ms:" + ((Instant) v).toEpochMilli();
    if (v instanceof CqlDuration) {
      CqlDuration d = (CqlDuration) v;
      return "dur(" + d.getMonths() + "," + d.getDays() + "," + d.getNanoseconds() + ")";
    }
    return isMany(v) ? many(v) : String.valueOf(v);
  }

  private static boolean isMany(Object v) {
    return v instanceof Collection || v instanceof Map || v instanceof UdtValue || v instanceof TupleValue
        || v instanceof CqlVector;
  }

  private static String many(Object v) {
    List<String> parts = new ArrayList<>();
    if (v instanceof Map) {
      ((Map<?, ?>) v).forEach((k, x) -> parts.add(value(k) + ":" + value(x)));
      return sorted('{', parts, '}');
    }
    if (v instanceof UdtValue) {
      UdtValue udt = (UdtValue) v;
      for (int i = 0; i < udt.size(); i++) {
        parts.add(udt.getType().getFieldNames().get(i).asInternal() + "=" + at(udt, i));
      }
      return sorted('<', parts, '>');
    }
    if (v instanceof TupleValue) {
      for (int i = 0; i < ((TupleValue) v).size(); i++) parts.add(at((TupleValue) v, i));
      return '(' + String.join(",", parts) + ')';
    }
    for (Object x : (Iterable<?>) v) parts.add(value(x));
    return v instanceof Set ? sorted('{', parts, '}') : '[' + String.join(",", parts) + ']';
  }

  private static String sorted(char open, List<String> parts, char end) {
    Collections.sort(parts);
    return open + String.join(",", parts) + end;
  }

  private static String bits(double d) {
    return Double.isNaN(d) ? "f:nan" : String.format("f:%016x", Double.doubleToLongBits(d));
  }

  private static String hex(ByteBuffer b) {
    StringBuilder s = new StringBuilder("0x");
    for (int i = b.position(); i < b.limit(); i++) s.append(String.format("%02x", b.get(i)));
    return s.toString();
  }

  private static String address(InetAddress a) {
    return a.getHostAddress().replaceFirst("(^|:)0(:0)+(:|$)", "::");
  }
}
