// client asks of a server what a Go client asks, and says what it answers wrongly: client HOST PORT [PASS...]
// A pass is a protocol version, with lz4 where bodies are compressed.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"github.com/apache/cassandra-gocql-driver/v2/lz4"
)

var ctx = context.Background()

type pass struct {
	host      string
	port      int
	protocol  int
	lz4       bool
	ks        string
	s         *gocql.Session
	sessions  []*gocql.Session
	datafile  string
	tableSeen int32
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func equal(got, want interface{}, what string) {
	if !reflect.DeepEqual(got, want) {
		panic(fmt.Errorf("%s: %v, want %v", what, got, want))
	}
}

func (p *pass) connect(keyspace string, listen bool) *gocql.Session {
	c := gocql.NewCluster(p.host)
	c.Port, c.ProtoVersion, c.Keyspace = p.port, p.protocol, keyspace
	c.Timeout, c.ConnectTimeout = time.Minute, 30*time.Second
	c.NumConns = 2
	c.Consistency = gocql.Quorum
	if p.lz4 {
		c.Compressor = lz4.LZ4Compressor{}
	}
	if listen {
		c.Metadata.CacheMode = gocql.Full
		c.Metadata.SchemaListener.TableChangeListener = p
	}
	s, err := c.CreateSession()
	must(err)
	p.sessions = append(p.sessions, s)
	return s
}

func (p *pass) OnTableCreated(gocql.OnTableCreatedEvent) { atomic.AddInt32(&p.tableSeen, 1) }
func (p *pass) OnTableUpdated(gocql.OnTableUpdatedEvent) { atomic.AddInt32(&p.tableSeen, 100) }
func (p *pass) OnTableDropped(gocql.OnTableDroppedEvent) { atomic.AddInt32(&p.tableSeen, 10000) }

func (p *pass) run(query string, values ...interface{}) {
	must(p.s.Query(query, values...).ExecContext(ctx))
}

func (p *pass) scan(dest []interface{}, query string, values ...interface{}) {
	must(p.s.Query(query, values...).ScanContext(ctx, dest...))
}

func ints(it *gocql.Iter) []int {
	var all []int
	for i := 0; it.Scan(&i); {
		all = append(all, i)
	}
	must(it.Close())
	return all
}

func (p *pass) ints(query string, values ...interface{}) []int {
	return ints(p.s.Query(query, values...).IterContext(ctx))
}

func between(from, to int) []int {
	var all []int
	for ; from < to; from++ {
		all = append(all, from)
	}
	for ; from > to; from-- {
		all = append(all, from)
	}
	return all
}

func (p *pass) fails(code int, query string, values ...interface{}) {
	err := p.s.Query(query, values...).ExecContext(ctx)
	var e gocql.RequestError
	if err == nil || !errors.As(err, &e) || e.Code() != code {
		panic(fmt.Errorf("%s: %v, want error %#x", query, err, code))
	}
}

func soon(what string, condition func() bool) {
	for end := time.Now().Add(15 * time.Second); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			panic(errors.New("not within 15 s: " + what))
		}
	}
}

// -- what is asked, in order; later ones use what earlier ones made --

func (p *pass) connecting() {
	p.s = p.connect("", false)
	var key, release, cluster string
	p.scan([]interface{}{&key, &release, &cluster}, "SELECT key, release_version, cluster_name FROM system.local")
	if key != "local" || release == "" || cluster == "" {
		panic(errors.New("system.local says " + key + release + cluster))
	}
	const simple = " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
	p.run("DROP KEYSPACE IF EXISTS " + p.ks)
	p.run("CREATE KEYSPACE " + p.ks + simple)
	p.run("CREATE KEYSPACE IF NOT EXISTS " + p.ks + simple)
	p.s = p.connect(p.ks, false)
}

// The one row of a query that selects one column; a tuple comes as its elements.
func (p *pass) value(query string, values ...interface{}) (gocql.TypeInfo, interface{}) {
	it := p.s.Query(query, values...).IterContext(ctx)
	if len(it.Columns()) != 1 {
		panic(fmt.Errorf("%s: %d columns: %v", query, len(it.Columns()), it.Close()))
	}
	info := it.Columns()[0].TypeInfo
	elems := []gocql.TypeInfo{info}
	tuple, isTuple := info.(gocql.TupleTypeInfo)
	if isTuple {
		elems = tuple.Elems
	}
	var dest, all []interface{}
	for _, e := range elems {
		dest = append(dest, destination(e))
	}
	if !it.Scan(dest...) {
		panic(fmt.Errorf("%s: no row: %v", query, it.Close()))
	}
	must(it.Close())
	for _, d := range dest {
		all = append(all, loaded(d))
	}
	if isTuple {
		return info, all
	}
	return info, all[0]
}

func (p *pass) oneValue(k int, column, literal, want string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	p.run(fmt.Sprintf("INSERT INTO every (k, %s) VALUES (%d, %s)", column, k, literal))
	info, v := p.value(fmt.Sprintf("SELECT %s FROM every WHERE k = %d", column, k))
	equal(said(info, v), want, "read")
	bound, marker := []interface{}{k + 1000, v}, "?"
	switch t := v.(type) {
	case []interface{}: // a tuple is bound as its elements
		bound, marker = append(bound[:1], t...), "(?"+strings.Repeat(", ?", len(t)-1)+")"
	case []byte: // nil is null
		bound[1] = append([]byte{}, t...)
	case time.Time:
		if t.IsZero() { // the driver takes the year 1 for no time at all
			return nil
		}
	}
	p.run("INSERT INTO every (k, "+column+") VALUES (?, "+marker+")", bound...)
	info, v = p.value("SELECT "+column+" FROM every WHERE k = ?", k+1000)
	equal(said(info, v), want, "read after it was bound")
	return nil
}

func (p *pass) values() {
	f, err := os.Open(p.datafile)
	must(err)
	defer f.Close()
	var cases [][]string
	column, types := map[string]string{}, []string{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		c := strings.Split(sc.Text(), "\t")
		if len(c) != 3 || strings.HasPrefix(c[0], "map<frozen<list") { // not a key of a Go map
			continue
		}
		cases = append(cases, c)
		if column[c[0]] == "" {
			column[c[0]] = fmt.Sprintf("c%d", len(types))
			types = append(types, column[c[0]]+" "+c[0])
		}
	}
	p.run("CREATE TYPE address (street text, zip int, tags frozen<set<text>>)")
	p.run("CREATE TYPE person (name text, home frozen<address>, born date)")
	p.run("CREATE TABLE every (k int PRIMARY KEY, " + strings.Join(types, ", ") + ")")
	var wrong []string
	for k, c := range cases {
		if err := p.oneValue(k, column[c[0]], c[1], c[2]); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s %s: %v", c[0], c[1], err))
		}
	}
	if len(cases) < 100 || len(wrong) > 0 {
		panic(fmt.Errorf("%d of %d values:\n  %s", len(wrong), len(cases), strings.Join(wrong, "\n  ")))
	}
}

func (p *pass) schema() {
	p.run("CREATE TABLE known (a text, b int, c timeuuid, d int static, e frozen<list<address>>," +
		" PRIMARY KEY ((a, b), c)) WITH CLUSTERING ORDER BY (c DESC)")
	ks, err := p.connect(p.ks, false).KeyspaceMetadata(p.ks)
	must(err)
	table := ks.Tables["known"]
	var names, keys, order []string
	for name := range table.Columns {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, c := range table.PartitionKey {
		keys = append(keys, c.Name)
	}
	for _, c := range table.ClusteringColumns {
		order = append(order, c.Name, c.ClusteringOrder)
	}
	equal(names, []string{"a", "b", "c", "d", "e"}, "columns")
	equal(keys, []string{"a", "b"}, "partition key")
	equal(order, []string{"c", "desc"}, "clustering")
	equal(table.Columns["d"].Kind, gocql.ColumnStatic, "static column")
	equal(ks.UserTypes["person"].FieldNames, []string{"name", "home", "born"}, "fields")
	equal(ks.StrategyClass, "org.apache.cassandra.locator.SimpleStrategy", "strategy")
}

func (p *pass) nulls() {
	p.run("CREATE TABLE nulls (k int PRIMARY KEY, v text, n int)")
	p.run("INSERT INTO nulls (k, v, n) VALUES (?, ?, ?)", 1, "here", 5)
	p.run("INSERT INTO nulls (k, v, n) VALUES (?, ?, ?)", 1, nil, gocql.UnsetValue)
	var v *string
	var n *int
	p.scan([]interface{}{&v, &n}, "SELECT v, n FROM nulls WHERE k = 1")
	equal(v == nil && n != nil && *n == 5, true, "null and unset")
}

func (p *pass) paging() {
	p.run("CREATE TABLE pages (k int, c int, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)")
	for i := 0; i < 300; i++ {
		p.run("INSERT INTO pages (k, c, v) VALUES (?, ?, ?)", i/100, i%100, "v")
	}
	const get = "SELECT c FROM pages WHERE k = ?"
	equal(ints(p.s.Query(get, 1).PageSize(7).IterContext(ctx)), between(99, -1), "all pages")
	page := func(s *gocql.Session, n int, state []byte) ([]int, []byte) {
		it := s.Query(get, 1).PageSize(n).PageState(state).IterContext(ctx)
		state, n = it.PageState(), it.NumRows()
		var all []int
		for i := 0; len(all) < n && it.Scan(&i); {
			all = append(all, i)
		}
		return all, state
	}
	got, state := page(p.s, 7, nil)
	equal(got, between(99, 92), "the first page")
	got, _ = page(p.connect(p.ks, false), 50, state)
	equal(got, between(92, 42), "a page by another connection")
	equal(ints(p.s.Query("SELECT c FROM pages WHERE k = 1 ORDER BY c ASC LIMIT 60").PageSize(9).IterContext(ctx)),
		between(0, 60), "reversed, with a limit")
	equal(len(ints(p.s.Query("SELECT c FROM pages").PageSize(11).IterContext(ctx))), 300, "the whole table")
}

func (p *pass) batches() {
	p.run("CREATE TABLE batches (k int, c int, v text, PRIMARY KEY (k, c))")
	for k, b := range []*gocql.Batch{p.s.Batch(gocql.LoggedBatch), p.s.Batch(gocql.UnloggedBatch),
		p.s.Batch(gocql.LoggedBatch).WithTimestamp(3000)} {
		for c := 0; c < 20; c++ {
			b.Query("INSERT INTO batches (k, c, v) VALUES (?, ?, ?)", k, c, "b")
		}
		b.Query("UPDATE batches SET v = 'text' WHERE k = 100 AND c = 1")
		must(b.ExecContext(ctx))
		equal(p.ints("SELECT c FROM batches WHERE k = ?", k), between(0, 20), "rows of a batch")
	}
	var at int64
	p.scan([]interface{}{&at}, "SELECT writetime(v) FROM batches WHERE k = 2 AND c = 5")
	equal(at, int64(3000), "timestamp of a batch")
}

func (p *pass) prepared() {
	p.run("CREATE TABLE changes (k int PRIMARY KEY, v text)")
	const put, get = "INSERT INTO changes (k, v) VALUES (?, ?)", "SELECT v FROM changes WHERE k = ?"
	var v string
	p.run(put, 1, "one")
	p.scan([]interface{}{&v}, get, 1)
	equal(v, "one", "before")
	p.run("ALTER TABLE changes ADD n int")
	p.run(put, 2, "two")
	p.scan([]interface{}{&v}, get, 2)
	equal(v, "two", "after ALTER")
	p.run("DROP TABLE changes")
	p.run("CREATE TABLE changes (k int PRIMARY KEY, v text)")
	p.run(put, 3, "three") // the server forgot it: the driver prepares again
	p.scan([]interface{}{&v}, get, 3)
	equal(v, "three", "after DROP and CREATE")
	p.run("INSERT INTO changes (k, v) VALUES (:key, :value)", 4, "named")
	p.scan([]interface{}{&v}, "SELECT v FROM changes WHERE k = :k", 4)
	equal(v, "named", "named markers")
	equal(p.ints("SELECT k FROM changes WHERE k IN ? LIMIT ?", []int{3, 4, 5}, 2), []int{3, 4}, "IN ?")
}

func (p *pass) times() {
	p.run("CREATE TABLE times (k int PRIMARY KEY, v text)")
	must(p.s.Query("INSERT INTO times (k, v) VALUES (?, ?)", 1, "new").WithTimestamp(2000).ExecContext(ctx))
	p.run("UPDATE times USING TIMESTAMP 1000 SET v = 'old' WHERE k = 1")
	var v string
	var at int64
	var ttl int
	p.scan([]interface{}{&v, &at}, "SELECT v, writetime(v) FROM times WHERE k = 1")
	equal(v+strconv.FormatInt(at, 10), "new2000", "the newer wins")
	p.run("INSERT INTO times (k, v) VALUES (?, ?) USING TTL ?", 2, "long", 1000)
	p.scan([]interface{}{&ttl}, "SELECT ttl(v) FROM times WHERE k = 2")
	equal(ttl > 900 && ttl <= 1000, true, "ttl")
	p.run("INSERT INTO times (k, v) VALUES (3, 'short') USING TTL 1")
	soon("a row expires", func() bool { return len(p.ints("SELECT k FROM times WHERE k = 3")) == 0 })
}

func (p *pass) lwt() {
	p.run("CREATE TABLE lwt (k int PRIMARY KEY, v text)")
	const once = "INSERT INTO lwt (k, v) VALUES (?, ?) IF NOT EXISTS"
	for i, want := range []bool{true, false} {
		was := map[string]interface{}{}
		applied, err := p.s.Query(once, 1, fmt.Sprint("try ", i)).MapScanCASContext(ctx, was)
		must(err)
		equal(applied, want, "applied")
		if !applied {
			equal(was["v"], "try 0", "what was there")
		}
	}
}

func (p *pass) refusals() {
	p.fails(gocql.ErrCodeSyntax, "SELEKT * FROM every")
	p.fails(gocql.ErrCodeInvalid, "SELECT * FROM missing")
	p.fails(gocql.ErrCodeInvalid, "SELECT * FROM no_such_keyspace.missing")
	p.fails(gocql.ErrCodeInvalid, "SELECT nothing FROM every WHERE k = ?", 1)
	p.fails(gocql.ErrCodeAlreadyExists, "CREATE TABLE pages (k int PRIMARY KEY)")
	equal(len(p.ints("SELECT c FROM pages WHERE k = 1 LIMIT 3")), 3, "the connection lives on")
}

func (p *pass) events() {
	p.connect(p.ks, true)
	for i, query := range []string{"CREATE TABLE seen (k int PRIMARY KEY)", "ALTER TABLE seen ADD later text", "DROP TABLE seen"} {
		before := atomic.LoadInt32(&p.tableSeen)
		p.run(query)
		soon(query, func() bool { return atomic.LoadInt32(&p.tableSeen)-before == []int32{1, 100, 10000}[i] })
	}
}

func (p *pass) large() {
	p.run("CREATE TABLE large (k int PRIMARY KEY, v blob)")
	sizes := []int{0, 1, 131000, 131071, 131072, 1000000}
	for k, n := range sizes {
		p.run("INSERT INTO large (k, v) VALUES (?, ?)", k, make([]byte, n))
	}
	done := make(chan error, 200)
	for i := 0; i < cap(done); i++ {
		go func(k int) {
			var v []byte
			err := p.s.Query("SELECT v FROM large WHERE k = ?", k).ScanContext(ctx, &v)
			if err == nil && len(v) != sizes[k] {
				err = fmt.Errorf("%d bytes, want %d", len(v), sizes[k])
			}
			done <- err
		}(i % len(sizes))
	}
	for i := 0; i < cap(done); i++ {
		must(<-done)
	}
}

func (p *pass) ends() {
	p.run("TRUNCATE pages")
	equal(len(p.ints("SELECT c FROM pages")), 0, "rows after TRUNCATE")
	p.run("DROP KEYSPACE " + p.ks)
	p.fails(gocql.ErrCodeInvalid, "SELECT * FROM "+p.ks+".pages")
}

func attempt(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	f()
	return nil
}

func main() {
	port, err := strconv.Atoi(os.Args[2])
	must(err)
	passes := os.Args[3:]
	if len(passes) == 0 {
		passes = []string{"4", "5", "4lz4", "5lz4"}
	}
	exe, err := os.Executable()
	must(err)
	data := os.Getenv("VALUES")
	if data == "" {
		data = filepath.Join(filepath.Dir(exe), "values.tsv")
	}
	passed, failed := 0, 0
	for _, how := range passes {
		p := &pass{host: os.Args[1], port: port, protocol: int(how[0] - '0'), lz4: strings.HasSuffix(how, "lz4"),
			ks: "go_" + how, datafile: data}
		parts := []struct {
			name string
			f    func()
		}{{"connecting", p.connecting}, {"values", p.values}, {"schema", p.schema}, {"nulls", p.nulls}, {"paging", p.paging},
			{"batches", p.batches}, {"prepared", p.prepared}, {"times", p.times}, {"lwt", p.lwt}, {"refusals", p.refusals},
			{"events", p.events}, {"large", p.large}, {"ends", p.ends}}
		for _, part := range parts {
			if err := attempt(part.f); err != nil {
				failed++
				fmt.Printf("FAILED: Go, protocol %s: %s: %v\n", how, part.name, err)
				if p.s == nil {
					break
				}
			} else {
				passed++
			}
		}
		for _, s := range p.sessions {
			s.Close()
		}
	}
	fmt.Printf("%d passed, %d failed, 0 skipped\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
