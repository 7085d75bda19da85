import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BatchStatementBuilder;
import com.datastax.oss.driver.api.core.cql.BatchType;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.cql.Statement;
import com.datastax.oss.driver.api.core.metadata.schema.KeyspaceMetadata;
import com.datastax.oss.driver.api.core.metadata.schema.TableMetadata;
import com.datastax.oss.driver.api.core.servererrors.AlreadyExistsException;
import com.datastax.oss.driver.api.core.servererrors.InvalidQueryException;
import com.datastax.oss.driver.api.core.servererrors.SyntaxError;
import com.datastax.oss.driver.api.core.type.DataType;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a Java client asks of a server, and what it must answer: Client VALUES.TSV HOST PORT [PASS...]
 *
 * <p>A pass is a protocol version, with lz4 where bodies are compressed: 4 5 4lz4 5lz4.
 */
public final class Client {
  private final InetSocketAddress server;
  private final String values;
  private final String how;
  private final String ks;
  private final List<CqlSession> sessions = new ArrayList<>();
  private CqlSession s;

  private interface Part {
    void run() throws Exception;
  }

  private Client(String values, InetSocketAddress server, String how) {
    this.values = values;
    this.server = server;
    this.how = how;
    this.ks = "java_" + how;
  }

  private CqlSession connect(String keyspace) {
    var config = DriverConfigLoader.programmaticBuilder()
        .withString(DefaultDriverOption.PROTOCOL_VERSION, "V" + how.charAt(0))
        .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, Duration.ofSeconds(60))
        .withDuration(DefaultDriverOption.CONNECTION_INIT_QUERY_TIMEOUT, Duration.ofSeconds(30))
        .withDuration(DefaultDriverOption.METADATA_SCHEMA_WINDOW, Duration.ofMillis(50))
        .withString(DefaultDriverOption.REQUEST_CONSISTENCY, "LOCAL_QUORUM");
    if (how.endsWith("lz4")) {
      config.withString(DefaultDriverOption.PROTOCOL_COMPRESSION, "lz4");
    }
    var builder = CqlSession.builder().addContactPoint(server).withLocalDatacenter("datacenter1")
        .withConfigLoader(config.build());
    CqlSession session = (keyspace == null ? builder : builder.withKeyspace(keyspace)).build();
    sessions.add(session);
    return session;
  }

  private static void equal(Object got, Object want, String what) {
    if (!Objects.equals(got, want)) {
      throw new AssertionError(what + ": " + got + ", want " + want);
    }
  }

  private ResultSet run(String query, Object... bound) {
    return bound.length == 0 ? s.execute(query) : s.execute(s.prepare(query).bind(bound));
  }

  private static List<Integer> ints(Iterable<Row> rows) {
    List<Integer> all = new ArrayList<>();
    rows.forEach(r -> all.add(r.getInt(0)));
    return all;
  }

  private static List<Integer> between(int from, int to) {
    List<Integer> all = IntStream.range(Math.min(from, to), Math.max(from, to)).boxed().collect(Collectors.toList());
    if (from > to) {
      all = IntStream.rangeClosed(to + 1, from).boxed().collect(Collectors.toList());
      Collections.reverse(all);
    }
    return all;
  }

  private void fails(Class<? extends Exception> kind, String query, Object... bound) {
    try {
      run(query, bound);
    } catch (Exception e) {
      if (!kind.isInstance(e)) {
        throw new AssertionError(query + ": " + e + ", want " + kind.getSimpleName());
      }
      return;
    }
    throw new AssertionError(query + ": succeeded, want " + kind.getSimpleName());
  }

  private static void soon(String what, BooleanSupplier condition) throws InterruptedException {
    for (long end = System.nanoTime() + 15_000_000_000L; !condition.getAsBoolean(); Thread.sleep(50)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within 15 s: " + what);
      }
    }
  }

  // -- what is asked, in order; later ones use what earlier ones made --

  private void connecting() throws Exception {
    s = connect(null);
    Row row = run("SELECT key, release_version, cluster_name, partitioner FROM system.local").one();
    equal(row.getString("key"), "local", "key");
    equal(row.getString("partitioner"), "org.apache.cassandra.dht.Murmur3Partitioner", "partitioner");
    equal(s.getContext().getProtocolVersion().toString(), "V" + how.charAt(0), "protocol");
    String simple = " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}";
    run("DROP KEYSPACE IF EXISTS " + ks);
    run("CREATE KEYSPACE " + ks + simple);
    run("CREATE KEYSPACE IF NOT EXISTS " + ks + simple);
    soon("the keyspace in the metadata", () -> s.getMetadata().getKeyspace(ks).isPresent());
    s = connect(ks);
  }

  private void oneValue(int k, String column, String literal, String want) {
    run("INSERT INTO every (k, " + column + ") VALUES (" + k + ", " + literal + ")");
    Row row = run("SELECT " + column + " FROM every WHERE k = " + k).one();
    equal(Said.at(row, 0), want, "read");
    run("INSERT INTO every (k, " + column + ") VALUES (?, ?)", k + 1000, row.isNull(0) ? null : row.getObject(0));
    equal(Said.at(run("SELECT " + column + " FROM every WHERE k = ?", k + 1000).one(), 0), want, "read after it was bound");
  }

  private void values() throws Exception {
    List<String[]> cases = Files.readAllLines(Paths.get(values)).stream().skip(1).map(l -> l.split("\t", -1))
        .collect(Collectors.toList());
    Map<String, String> columns = new LinkedHashMap<>();
    for (String[] c : cases) {
      columns.putIfAbsent(c[0], "c" + columns.size());
    }
    run("CREATE TYPE address (street text, zip int, tags frozen<set<text>>)");
    run("CREATE TYPE person (name text, home frozen<address>, born date)");
    run("CREATE TABLE every (k int PRIMARY KEY, " + columns.entrySet().stream()
        .map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", ")) + ")");
    List<String> wrong = new ArrayList<>();
    for (int k = 0; k < cases.size(); k++) {
      String[] c = cases.get(k);
      try {
        oneValue(k, columns.get(c[0]), c[1], c[2]);
      } catch (Exception | AssertionError e) {
        wrong.add(c[0] + " " + c[1] + ": " + e.getMessage());
      }
    }
    equal(String.join("\n  ", wrong), "", wrong.size() + " of " + cases.size() + " values");
  }

  private void schema() throws Exception {
    run("CREATE TABLE known (a text, b int, c timeuuid, d int static, e frozen<list<frozen<address>>>,"
        + " PRIMARY KEY ((a, b), c)) WITH CLUSTERING ORDER BY (c DESC) AND comment = 'what is known'");
    soon("the table in the metadata", () -> table("known") != null);
    TableMetadata t = table("known");
    equal(t.getPartitionKey().stream().map(c -> c.getName().asInternal()).collect(Collectors.toList()),
        Arrays.asList("a", "b"), "partition key");
    equal(t.getClusteringColumns().values().toString(), "[DESC]", "clustering order");
    equal(t.getColumn("d").get().isStatic(), true, "static column");
    DataType e = t.getColumn("e").get().getType();
    equal(e.asCql(true, true), "frozen<list<frozen<" + ks + ".address>>>", "type");
    KeyspaceMetadata k = s.getMetadata().getKeyspace(ks).get();
    equal(k.getUserDefinedType("person").get().getFieldNames().toString(), "[name, home, born]", "fields");
    equal(k.getReplication().get("class"), "org.apache.cassandra.locator.SimpleStrategy", "strategy");
  }

  private TableMetadata table(String name) {
    return s.getMetadata().getKeyspace(ks).flatMap(k -> k.getTable(name)).orElse(null);
  }

  private void nulls() {
    run("CREATE TABLE nulls (k int PRIMARY KEY, v text, n int)");
    run("INSERT INTO nulls (k, v, n) VALUES (?, ?, ?)", 1, "here", 5);
    s.execute(s.prepare("INSERT INTO nulls (k, v, n) VALUES (?, ?, ?)").boundStatementBuilder().setInt(0, 1).setToNull(1).build());
    Row row = run("SELECT v, n FROM nulls WHERE k = 1").one();
    equal(row.isNull(0) + " " + row.getInt(1), "true 5", "null and unset");
  }

  private static List<Integer> page(AsyncResultSet page) {
    return ints(page.currentPage());
  }

  private static AsyncResultSet get(CompletionStage<AsyncResultSet> stage) {
    return stage.toCompletableFuture().join();
  }

  private void paging() {
    run("CREATE TABLE pages (k int, c int, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)");
    PreparedStatement put = s.prepare("INSERT INTO pages (k, c, v) VALUES (?, ?, ?)");
    IntStream.range(0, 300).mapToObj(i -> s.executeAsync(put.bind(i / 100, i % 100, "v" + i)))
        .collect(Collectors.toList()).forEach(Client::get);
    String query = "SELECT c, v FROM pages WHERE k = ?";
    PreparedStatement get = s.prepare(query);
    equal(ints(s.execute(get.bind(1).setPageSize(7))), between(99, -1), "all pages");
    AsyncResultSet first = get(s.executeAsync(get.bind(1).setPageSize(7)));
    equal(page(first), between(99, 92), "the first page");
    ByteBuffer state = first.getExecutionInfo().getPagingState();
    CqlSession other = connect(ks);
    Statement<?> next = other.prepare(query).bind(1).setPageSize(50).setPagingState(state);
    equal(page(get(other.executeAsync(next))), between(92, 42), "a page by another connection");
    String up = "SELECT c FROM pages WHERE k = 1 ORDER BY c ASC LIMIT 60";
    equal(ints(s.execute(SimpleStatement.newInstance(up).setPageSize(9))), between(0, 60), "reversed, with a limit");
    equal(ints(s.execute(SimpleStatement.newInstance("SELECT c FROM pages").setPageSize(11))).size(), 300, "whole table");
  }

  private void batches() {
    run("CREATE TABLE batches (k int, c int, v text, PRIMARY KEY (k, c))");
    PreparedStatement put = s.prepare("INSERT INTO batches (k, c, v) VALUES (?, ?, ?)");
    BatchType[] kinds = {DefaultBatchType.LOGGED, DefaultBatchType.UNLOGGED, DefaultBatchType.LOGGED};
    for (int k = 0; k < kinds.length; k++) {
      BatchStatementBuilder batch = new BatchStatementBuilder(kinds[k]);
      for (int c = 0; c < 20; c++) {
        batch.addStatement(put.bind(k, c, "b"));
      }
      batch.addStatement(SimpleStatement.newInstance("DELETE FROM batches WHERE k = ? AND c = 3", k + 10));
      s.execute(k == 2 ? batch.setQueryTimestamp(3000).build() : batch.build());
      equal(ints(run("SELECT c FROM batches WHERE k = ?", k)), between(0, 20), "rows of a batch");
    }
    equal(run("SELECT writetime(v) FROM batches WHERE k = 2 AND c = 5").one().getLong(0), 3000L, "timestamp of a batch");
  }

  private void prepared() {
    run("CREATE TABLE changes (k int PRIMARY KEY, v text)");
    PreparedStatement put = s.prepare("INSERT INTO changes (k, v) VALUES (?, ?)");
    boolean told = how.startsWith("5"); // version 4 cannot tell a client that the columns changed
    PreparedStatement get = s.prepare("SELECT " + (told ? "*" : "k, v") + " FROM changes WHERE k = ?");
    equal(get.getPartitionKeyIndices(), Arrays.asList(0), "partition key in the prepared statement");
    s.execute(put.bind(1, "one"));
    equal(s.execute(get.bind(1)).one().getString("v"), "one", "before");
    run("ALTER TABLE changes ADD n int");
    run("INSERT INTO changes (k, v, n) VALUES (2, 'two', 22)");
    Row row = s.execute(get.bind(2)).one();
    equal(row.getString("v"), "two", "after ALTER");
    if (told) {
      equal(row.getInt("n"), 22, "a column that was added");
    }
    run("DROP TABLE changes");
    run("CREATE TABLE changes (k int PRIMARY KEY, v text)");
    s.execute(put.bind(3, "three")); // the server forgot it: the driver prepares again
    equal(s.execute(get.bind(3)).one().getString("v"), "three", "after DROP and CREATE");
    Map<String, Object> named = Map.of("value", "named", "key", 4);
    s.execute(SimpleStatement.newInstance("INSERT INTO changes (k, v) VALUES (:key, :value)", named));
    equal(s.execute(SimpleStatement.newInstance("SELECT v FROM changes WHERE k = :k", Map.of("k", 4))).one().getString(0),
        "named", "named values");
    equal(ints(run("SELECT k FROM changes WHERE k IN ? LIMIT ?", Arrays.asList(3, 4, 5), 2)), Arrays.asList(3, 4), "IN ?");
  }

  private void times() throws Exception {
    run("CREATE TABLE times (k int PRIMARY KEY, v text)");
    s.execute(SimpleStatement.newInstance("INSERT INTO times (k, v) VALUES (1, 'new')").setQueryTimestamp(2000));
    run("UPDATE times USING TIMESTAMP 1000 SET v = 'old' WHERE k = 1");
    Row row = run("SELECT v, writetime(v) FROM times WHERE k = 1").one();
    equal(row.getString(0) + row.getLong(1), "new2000", "the newer wins");
    run("INSERT INTO times (k, v) VALUES (?, ?) USING TTL ?", 2, "long", 1000);
    int left = run("SELECT ttl(v) FROM times WHERE k = 2").one().getInt(0);
    equal(left > 900 && left <= 1000, true, "ttl " + left);
    run("INSERT INTO times (k, v) VALUES (3, 'short') USING TTL 1");
    soon("a row expires", () -> run("SELECT * FROM times WHERE k = 3").one() == null);
  }

  private void lwt() {
    run("CREATE TABLE lwt (k int PRIMARY KEY, v text)");
    String once = "INSERT INTO lwt (k, v) VALUES (?, ?) IF NOT EXISTS";
    equal(run(once, 1, "first").wasApplied(), true, "the first");
    ResultSet second = run(once, 1, "second");
    equal(second.wasApplied(), false, "the second");
    equal(second.one().getString("v"), "first", "what was there");
  }

  private void refusals() {
    fails(SyntaxError.class, "SELEKT * FROM every");
    fails(InvalidQueryException.class, "SELECT * FROM missing");
    fails(InvalidQueryException.class, "SELECT * FROM no_such_keyspace.missing");
    fails(InvalidQueryException.class, "SELECT nothing FROM every WHERE k = ?", 1);
    fails(AlreadyExistsException.class, "CREATE TABLE pages (k int PRIMARY KEY)");
    equal(ints(run("SELECT c FROM pages WHERE k = 1 LIMIT 3")).size(), 3, "the connection lives on");
  }

  private void events() throws Exception {
    CqlSession other = connect(null);
    run("CREATE TABLE seen (k int PRIMARY KEY)");
    soon("an event of a table that was created", () -> seen(other) != null);
    run("ALTER TABLE seen ADD later text");
    soon("an event of a table that was altered", () -> seen(other).getColumn("later").isPresent());
    run("DROP TABLE seen");
    soon("an event of a table that was dropped", () -> seen(other) == null);
  }

  private TableMetadata seen(CqlSession session) {
    return session.getMetadata().getKeyspace(ks).flatMap(k -> k.getTable("seen")).orElse(null);
  }

  private void large() {
    run("CREATE TABLE large (k int PRIMARY KEY, v blob)");
    int[] sizes = {0, 1, 131000, 131071, 131072, 1000000};
    for (int k = 0; k < sizes.length; k++) {
      run("INSERT INTO large (k, v) VALUES (?, ?)", k, ByteBuffer.wrap(new byte[sizes[k]]));
    }
    PreparedStatement get = s.prepare("SELECT v FROM large WHERE k = ?");
    var stages = IntStream.range(0, 200).mapToObj(i -> s.executeAsync(get.bind(i % sizes.length))).collect(Collectors.toList());
    for (int i = 0; i < stages.size(); i++) {
      equal(get(stages.get(i)).one().getByteBuffer(0).remaining(), sizes[i % sizes.length], "bytes");
    }
  }

  private void ends() {
    run("TRUNCATE pages");
    equal(ints(run("SELECT c FROM pages")).size(), 0, "rows after TRUNCATE");
    run("DROP KEYSPACE " + ks);
    fails(InvalidQueryException.class, "SELECT * FROM " + ks + ".pages");
  }

  private int[] all() {
    Map<String, Part> parts = new LinkedHashMap<>();
    parts.put("connecting", this::connecting);
    parts.put("values", this::values);
    parts.put("schema", this::schema);
    parts.put("nulls", this::nulls);
    parts.put("paging", this::paging);
    parts.put("batches", this::batches);
    parts.put("prepared", this::prepared);
    parts.put("times", this::times);
    parts.put("lwt", this::lwt);
    parts.put("refusals", this::refusals);
    parts.put("events", this::events);
    parts.put("large", this::large);
    parts.put("ends", this::ends);
    int[] totals = new int[2];
    for (Map.Entry<String, Part> part : parts.entrySet()) {
      try {
        part.getValue().run();
        totals[0]++;
      } catch (Exception | AssertionError e) {
        totals[1]++;
        System.out.println("FAILED: Java, protocol " + how + ": " + part.getKey() + ": " + e);
        if (s == null) {
          break;
        }
      }
    }
    sessions.forEach(CqlSession::close);
    return totals;
  }

  public static void main(String[] args) {
    InetSocketAddress server = new InetSocketAddress(args[1], Integer.parseInt(args[2]));
    String[] passes = args.length > 3 ? Arrays.copyOfRange(args, 3, args.length) : new String[] {"4", "5", "4lz4", "5lz4"};
    int passed = 0;
    int failed = 0;
    for (String how : passes) {
      int[] totals = new Client(args[0], server, how).all();
      passed += totals[0];
      failed += totals[1];
    }
    System.out.printf("%d passed, %d failed, 0 skipped%n", passed, failed);
    System.exit(failed > 0 ? 1 : 0);
  }
}
