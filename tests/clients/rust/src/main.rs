//! client asks of a server what a Rust client asks, and says what it answers wrongly: client VALUES HOST
//! PORT [PASS...].  A pass is "4", the one protocol that this driver speaks, with lz4 or snappy where bodies
//! are compressed.  With SHARDS in the environment the server has to announce as many, and each
//! statement has to come to the shard that has its partition.
mod said;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use futures::TryStreamExt;
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::frame::Compression;
use scylla::response::{PagingState, PagingStateResponse};
use scylla::serialize::row::SerializeRow;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::unprepared::Statement;
use scylla::value::{CqlValue, MaybeUnset, Row};

use said::said;

type Res<T = ()> = Result<T, Box<dyn Error>>;

struct Pass {
    node: String,
    ks: String,
    compression: Option<Compression>,
    values: String,
    s: Session,
}

fn equal<T: PartialEq + Debug>(got: T, want: T, what: &str) -> Res {
    if got == want {
        return Ok(());
    }
    Err(format!("{}: {:?}, want {:?}", what, got, want).into())
}

async fn connect(node: &str, compression: Option<Compression>, keyspace: Option<&str>) -> Res<Session> {
    let patient = ExecutionProfile::builder().request_timeout(Some(Duration::from_secs(300))).build();
    let mut builder = SessionBuilder::new()
        .known_node(node)
        .default_execution_profile_handle(patient.into_handle())
        .compression(compression)
        .connection_timeout(Duration::from_secs(60));
    if let Some(name) = keyspace {
        builder = builder.use_keyspace(name, false);
    }
    Ok(builder.build().await?)
}

impl Pass {
    async fn run(&self, cql: &str, values: impl SerializeRow) -> Res {
        self.s.query_unpaged(cql, values).await?;
        Ok(())
    }

    async fn rows(&self, cql: &str, values: impl SerializeRow) -> Res<Vec<Row>> {
        let result = self.s.query_unpaged(cql, values).await?.into_rows_result()?;
        let rows = result.rows::<Row>()?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    async fn said(&self, cql: &str, values: impl SerializeRow) -> Res<Vec<String>> {
        let rows = self.rows(cql, values).await?;
        let line = |row: &Row| row.columns.iter().map(|v| said(v.as_ref())).collect::<Vec<_>>().join(" ");
        Ok(rows.iter().map(line).collect())
    }

    async fn ints(&self, cql: impl Into<Statement>, page: i32) -> Res<Vec<i32>> {
        let statement = cql.into().with_page_size(page);
        let rows = self.s.query_iter(statement, &[]).await?.rows_stream::<(i32,)>()?;
        Ok(rows.map_ok(|(n,)| n).try_collect().await?)
    }

    async fn fails(&self, want: DbError, cql: &str) -> Res {
        match self.s.query_unpaged(cql, &[]).await {
            Err(ExecutionError::LastAttemptError(RequestAttemptError::DbError(e, _))) if e == want => Ok(()),
            Err(e) => Err(format!("{}: {}, want {}", cql, e, want).into()),
            Ok(_) => Err(format!("{}: succeeded, want {}", cql, want).into()),
        }
    }

    // -- what is asked, in order; later ones use what earlier ones made --

    async fn connecting(&mut self) -> Res {
        let local = self.said("SELECT key, partitioner FROM system.local", &[]).await?;
        equal(
            local,
            vec!["\"local\" \"org.apache.cassandra.dht.Murmur3Partitioner\"".to_string()],
            "system.local",
        )?;
        let simple = "WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}";
        self.run(&format!("DROP KEYSPACE IF EXISTS {}", self.ks), &[]).await?;
        self.run(&format!("CREATE KEYSPACE {} {}", self.ks, simple), &[]).await?;
        self.run(&format!("CREATE KEYSPACE IF NOT EXISTS {} {}", self.ks, simple), &[]).await?;
        self.s = connect(&self.node, self.compression, Some(&self.ks)).await?;
        equal(self.s.get_cluster_state().get_nodes_info().len(), 1, "nodes")
    }

    /// A connection to each shard, and every statement by that of its partition's.
    async fn shards(&mut self) -> Res {
        self.run("CREATE TABLE sharded (k int PRIMARY KEY)", &[]).await?;
        let put = self.s.prepare("INSERT INTO sharded (k) VALUES (?)").await?;
        let sharder = self.s.get_cluster_state().get_nodes_info()[0].sharder();
        let Some(want) = std::env::var("SHARDS").ok().and_then(|n| n.parse::<u16>().ok()) else {
            return Ok(()); // Cassandra has none
        };
        let Some(sharder) = sharder else {
            return Err("the server announces no shards".into());
        };
        equal(sharder.nr_shards.get(), want, "shards")?;
        let mut reached = BTreeSet::new();
        let end = Instant::now() + Duration::from_secs(60); // connections are made meanwhile
        while reached.len() < usize::from(want) {
            for k in 0..50 {
                reached.extend(self.s.execute_unpaged(&put, (k,)).await?.request_coordinator().shard());
            }
            if Instant::now() > end {
                return Err(format!("shards reached: {:?} of {}", reached, want).into());
            }
        }
        for k in 0..300 {
            let token = put.calculate_token(&(k,))?.ok_or("no token: which is the partition key?")?.value();
            let owner = (((token as i128 + (1i128 << 63)) * i128::from(want)) >> 64) as u32;
            let result = self.s.execute_unpaged(&put, (k,)).await?;
            equal(result.request_coordinator().shard(), Some(owner), &format!("shard of {}", k))?;
        }
        Ok(())
    }

    async fn one_value(&self, k: i32, column: &str, literal: &str, want: &str) -> Res {
        self.run(&format!("INSERT INTO every (k, {}) VALUES ({}, {})", column, k, literal), &[]).await?;
        let rows = self.rows(&format!("SELECT {} FROM every WHERE k = {}", column, k), &[]).await?;
        let value = &rows.first().ok_or("no row")?.columns[0];
        equal(said(value.as_ref()).as_str(), want, "read")?;
        let bound: (i32, &Option<CqlValue>) = (k + 1000, value);
        self.run(&format!("INSERT INTO every (k, {}) VALUES (?, ?)", column), bound).await?;
        let again = self.said(&format!("SELECT {} FROM every WHERE k = ?", column), (k + 1000,)).await?;
        equal(again, vec![want.to_string()], "read after it was bound")
    }

    async fn values(&mut self) -> Res {
        let text = std::fs::read_to_string(&self.values)?;
        let cases: Vec<Vec<&str>> =
            text.lines().map(|l| l.split('\t').collect()).filter(|c: &Vec<_>| c.len() == 3).collect();
        let types: Vec<&str> = cases.iter().map(|c| c[0]).collect::<BTreeSet<_>>().into_iter().collect();
        let columns: Vec<String> = types.iter().enumerate().map(|(i, t)| format!("c{} {}", i, t)).collect();
        self.run("CREATE TYPE address (street text, zip int, tags frozen<set<text>>)", &[]).await?;
        self.run("CREATE TYPE person (name text, home frozen<address>, born date)", &[]).await?;
        self.run(&format!("CREATE TABLE every (k int PRIMARY KEY, {})", columns.join(", ")), &[]).await?;
        let mut wrong = Vec::new();
        for (k, case) in cases.iter().enumerate() {
            let column = format!("c{}", types.iter().position(|t| *t == case[0]).unwrap_or(0));
            if let Err(e) = self.one_value(k as i32, &column, case[1], case[2]).await {
                wrong.push(format!("{} {}: {}", case[0], case[1], e));
            }
        }
        if cases.len() >= 100 && wrong.is_empty() {
            return Ok(());
        }
        Err(format!("{} of {} values:\n  {}", wrong.len(), cases.len(), wrong.join("\n  ")).into())
    }

    async fn schema(&mut self) -> Res {
        self.run(
            "CREATE TABLE known (a text, b int, c timeuuid, d int static, e frozen<list<frozen<address>>>,
             PRIMARY KEY ((a, b), c)) WITH CLUSTERING ORDER BY (c DESC)",
            &[],
        )
        .await?;
        self.s.refresh_metadata().await?;
        let state = self.s.get_cluster_state();
        let keyspace = state.get_keyspace(&self.ks).ok_or("the keyspace is not known")?;
        let table = keyspace.tables.get("known").ok_or("the table is not known")?;
        let names: BTreeSet<&str> = table.columns.keys().map(String::as_str).collect();
        equal(names, BTreeSet::from(["a", "b", "c", "d", "e"]), "columns")?;
        equal(table.partition_key.clone(), vec!["a".to_string(), "b".to_string()], "partition key")?;
        equal(table.clustering_key.clone(), vec!["c".to_string()], "clustering")?;
        let person = keyspace.user_defined_types.get("person").ok_or("the type is not known")?;
        let fields: Vec<&str> = person.field_types.iter().map(|f| f.0.as_ref()).collect();
        equal(fields, vec!["name", "home", "born"], "fields")
    }

    async fn nulls(&mut self) -> Res {
        self.run("CREATE TABLE nulls (k int PRIMARY KEY, v text, n int)", &[]).await?;
        let put = "INSERT INTO nulls (k, v, n) VALUES (?, ?, ?)";
        self.run(put, (1, "here", 5)).await?;
        self.run(put, (1, None::<&str>, MaybeUnset::<i32>::Unset)).await?;
        let row = self.said("SELECT v, n FROM nulls WHERE k = 1", &[]).await?;
        equal(row, vec!["null 5".to_string()], "null and unset")
    }

    async fn page(&self, s: &Session, size: i32, state: PagingState) -> Res<(Vec<i32>, PagingState)> {
        let mut get = s.prepare("SELECT c FROM pages WHERE k = ?").await?;
        get.set_page_size(size);
        let (result, next) = s.execute_single_page(&get, (1,), state).await?;
        let rows = result.into_rows_result()?;
        let all = rows.rows::<(i32,)>()?.map(|r| r.map(|(c,)| c)).collect::<Result<_, _>>()?;
        match next {
            PagingStateResponse::HasMorePages { state } => Ok((all, state)),
            PagingStateResponse::NoMorePages => Err("there is no next page".into()),
        }
    }

    async fn paging(&mut self) -> Res {
        self.run(
            "CREATE TABLE pages (k int, c int, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)",
            &[],
        )
        .await?;
        let put = self.s.prepare("INSERT INTO pages (k, c, v) VALUES (?, ?, 'v')").await?;
        try_join_all((0..300).map(|i| self.s.execute_unpaged(&put, (i / 100, i % 100)))).await?;
        let mut get = self.s.prepare("SELECT c FROM pages WHERE k = ?").await?;
        get.set_page_size(7);
        let rows = self.s.execute_iter(get, (1,)).await?.rows_stream::<(i32,)>()?;
        let all: Vec<(i32,)> = rows.try_collect().await?;
        equal(all, (0..100).rev().map(|c| (c,)).collect(), "all pages")?;
        let (first, state) = self.page(&self.s, 7, PagingState::start()).await?;
        equal(first, (93..100).rev().collect(), "the first page")?;
        let other = connect(&self.node, self.compression, Some(&self.ks)).await?;
        let (second, _) = self.page(&other, 50, state).await?;
        equal(second, (43..93).rev().collect(), "a page by another connection")?;
        let up = self.ints("SELECT c FROM pages WHERE k = 1 ORDER BY c ASC LIMIT 60", 9).await?;
        equal(up, (0..60).collect(), "reversed, with a limit")?;
        equal(self.ints("SELECT c FROM pages", 11).await?.len(), 300, "the whole table")?;
        let both = self.ints("SELECT c FROM pages WHERE k IN (0, 2) AND c > 10 AND c <= 20", 3).await?;
        equal(both, (11..21).rev().chain((11..21).rev()).collect(), "IN")
    }

    async fn batches(&mut self) -> Res {
        self.run("CREATE TABLE batches (k int, c int, v text, PRIMARY KEY (k, c))", &[]).await?;
        let put = self.s.prepare("INSERT INTO batches (k, c, v) VALUES (?, ?, 'b')").await?;
        for (k, kind) in [(1, BatchType::Logged), (2, BatchType::Unlogged)] {
            let mut batch = Batch::new(kind);
            let values: Vec<(i32, i32)> = (0..20).map(|c| (k, c)).collect();
            values.iter().for_each(|_| batch.append_statement(put.clone()));
            batch.set_timestamp(Some(3000));
            self.s.batch(&batch, values).await?;
            let got = self.ints(format!("SELECT c FROM batches WHERE k = {}", k).as_str(), 1000).await?;
            equal(got, (0..20).collect(), "rows of a batch")?;
        }
        let mut mixed = Batch::new(BatchType::Logged);
        mixed.append_statement("DELETE FROM batches WHERE k = 1 AND c = 3");
        mixed.append_statement("UPDATE batches SET v = ? WHERE k = 100 AND c = 1");
        self.s.batch(&mixed, ((), ("text",))).await?;
        let got = self.said("SELECT v FROM batches WHERE k = 100", &[]).await?;
        equal(got, vec!["\"text\"".to_string()], "two partitions in a batch")?;
        equal(
            self.ints("SELECT c FROM batches WHERE k = 1", 1000).await?.len(),
            19,
            "a row that a batch deleted",
        )?;
        let at = self.said("SELECT writetime(v) FROM batches WHERE k = 2 AND c = 5", &[]).await?;
        equal(at, vec!["3000".to_string()], "timestamp of a batch")
    }

    async fn prepared(&mut self) -> Res {
        let (create, get_all) =
            ("CREATE TABLE changes (k int PRIMARY KEY, v text)", "SELECT * FROM changes WHERE k = ?");
        self.run(create, &[]).await?;
        let put = self.s.prepare("INSERT INTO changes (k, v) VALUES (?, ?)").await?;
        let get = self.s.prepare("SELECT v FROM changes WHERE k = ?").await?;
        self.s.execute_unpaged(&put, (1, "one")).await?;
        self.run("ALTER TABLE changes ADD n int", &[]).await?;
        self.s.execute_unpaged(&put, (2, "two")).await?;
        equal(self.said(get_all, (2,)).await?, vec!["2 null \"two\"".to_string()], "after ALTER")?;
        self.run("DROP TABLE changes", &[]).await?;
        self.run(create, &[]).await?;
        self.s.execute_unpaged(&put, (3, "three")).await?; // the server forgot it: the driver prepares again
        let row = self.s.execute_unpaged(&get, (3,)).await?.into_rows_result()?;
        equal(row.single_row::<(String,)>()?.0, "three".to_string(), "after DROP and CREATE")?;
        let named =
            self.s.prepare("INSERT INTO changes (k, v) VALUES (:key, :value) USING TIMESTAMP :ts AND TTL :ttl");
        self.s.execute_unpaged(&named.await?, (9, "nine", 5000i64, 500)).await?;
        let row = self.said("SELECT v, writetime(v) FROM changes WHERE k = 9", &[]).await?;
        equal(row, vec!["\"nine\" 5000".to_string()], "named markers")?;
        let some = self.said("SELECT k FROM changes WHERE k IN ? LIMIT ?", (vec![3, 4, 9], 2)).await?;
        equal(some, vec!["3".to_string(), "9".to_string()], "IN ?")
    }

    async fn times(&mut self) -> Res {
        self.run("CREATE TABLE times (k int PRIMARY KEY, v text)", &[]).await?;
        self.run("INSERT INTO times (k, v) VALUES (1, 'new') USING TIMESTAMP 2000", &[]).await?;
        self.run("UPDATE times USING TIMESTAMP 1000 SET v = 'old' WHERE k = 1", &[]).await?;
        let row = self.said("SELECT v, writetime(v) FROM times WHERE k = 1", &[]).await?;
        equal(row, vec!["\"new\" 2000".to_string()], "the newer wins")?;
        self.run("INSERT INTO times (k, v) VALUES (2, 'short') USING TTL 1", &[]).await?;
        let end = Instant::now() + Duration::from_secs(60);
        while !self.rows("SELECT v FROM times WHERE k = 2", &[]).await?.is_empty() {
            if Instant::now() > end {
                return Err("a row does not expire".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    async fn lwt(&mut self) -> Res {
        self.run("CREATE TABLE lwt (k int PRIMARY KEY, v text)", &[]).await?;
        let once = self.s.prepare("INSERT INTO lwt (k, v) VALUES (1, ?) IF NOT EXISTS").await?;
        for (value, want) in [("first", "true"), ("second", "false")] {
            let result = self.s.execute_unpaged(&once, (value,)).await?.into_rows_result()?;
            equal(said(result.single_row::<Row>()?.columns[0].as_ref()).as_str(), want, "applied")?;
        }
        equal(self.said("SELECT v FROM lwt", &[]).await?, vec!["\"first\"".to_string()], "what was there")
    }

    async fn refusals(&mut self) -> Res {
        self.fails(DbError::SyntaxError, "SELEKT * FROM every").await?;
        self.fails(DbError::Invalid, "SELECT * FROM missing").await?;
        self.fails(DbError::Invalid, "SELECT * FROM no_such_keyspace.missing").await?;
        self.fails(DbError::Invalid, "SELECT nothing FROM every").await?;
        let exists = DbError::AlreadyExists { keyspace: self.ks.clone(), table: "pages".to_string() };
        self.fails(exists, "CREATE TABLE pages (k int PRIMARY KEY)").await?;
        equal(
            self.ints("SELECT c FROM pages WHERE k = 1 LIMIT 3", 1000).await?.len(),
            3,
            "the connection lives on",
        )
    }

    async fn large(&mut self) -> Res {
        self.run("CREATE TABLE large (k int PRIMARY KEY, v blob)", &[]).await?;
        let put = self.s.prepare("INSERT INTO large (k, v) VALUES (?, ?)").await?;
        let get = self.s.prepare("SELECT v FROM large WHERE k = ?").await?;
        let sizes = [0usize, 1, 131000, 131071, 131072, 1000000];
        for (k, n) in sizes.iter().enumerate() {
            self.s.execute_unpaged(&put, (k as i32, vec![7u8; *n])).await?;
        }
        let reads = (0..200).map(|i| self.s.execute_unpaged(&get, ((i % sizes.len()) as i32,)));
        for (i, result) in try_join_all(reads).await?.into_iter().enumerate() {
            let length = result.into_rows_result()?.single_row::<(Vec<u8>,)>()?.0.len();
            equal(length, sizes[i % sizes.len()], "200 in flight")?;
        }
        Ok(())
    }

    async fn ends(&mut self) -> Res {
        self.run("TRUNCATE pages", &[]).await?;
        equal(self.ints("SELECT c FROM pages", 1000).await?.len(), 0, "rows after TRUNCATE")?;
        self.run(&format!("DROP KEYSPACE {}", self.ks), &[]).await?;
        self.fails(DbError::Invalid, &format!("SELECT * FROM {}.pages", self.ks)).await
    }
}

async fn run(values: &str, node: &str, how: &str) -> (u32, u32) {
    let compression = match how {
        "4" => None,
        "4lz4" => Some(Compression::Lz4),
        "4snappy" => Some(Compression::Snappy),
        _ => {
            println!("FAILED: {} is no pass", how);
            return (0, 1);
        }
    };
    let (mut passed, mut failed) = (0, 0);
    let mut count = |name: &str, result: Res| match result {
        Ok(()) => passed += 1,
        Err(e) => {
            println!("FAILED: Rust, protocol {}: {}: {}", how, name, e);
            failed += 1;
        }
    };
    let s = match connect(node, compression, None).await {
        Ok(s) => s,
        Err(e) => {
            count("connecting", Err(e));
            return (passed, failed);
        }
    };
    let ks = format!("rust_{}", how);
    let mut p = Pass { node: node.to_string(), ks, compression, values: values.to_string(), s };
    count("connecting", p.connecting().await);
    count("shards", p.shards().await);
    count("values", p.values().await);
    count("schema", p.schema().await);
    count("nulls", p.nulls().await);
    count("paging", p.paging().await);
    count("batches", p.batches().await);
    count("prepared", p.prepared().await);
    count("times", p.times().await);
    count("lwt", p.lwt().await);
    count("refusals", p.refusals().await);
    count("large", p.large().await);
    count("ends", p.ends().await);
    (passed, failed)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let node = format!("{}:{}", args[2], args[3]);
    let (mut passed, mut failed) = (0, 0);
    for how in &args[4..] {
        let (p, f) = run(&args[1], &node, how).await;
        passed += p;
        failed += f;
    }
    println!("{} passed, {} failed, 0 skipped", passed, failed);
    if failed > 0 {
        std::process::exit(1);
    }
}
