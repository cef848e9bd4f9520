//! Many writes through a Postman that fails at random: nothing is lost, nothing is made twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::net::pool;
use crate::net::testing::{Heard, Reply, Server};
use crate::postman::raw::RawJson;
use crate::postman::testing::{Bench, ID};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// What stands in the workspace, by number.
type Store = BTreeMap<usize, Value>;

fn uid(number: usize) -> String {
    format!("1-11111111-2222-4333-8444-{number:012}")
}

fn entry(number: usize, collection: &Value) -> Value {
    let uid = uid(number);
    json!({ "id": uid[2..], "uid": uid, "name": collection["info"]["name"] })
}

/// Does what the call asks for, as Postman does.
fn carry_out(store: &mut Store, made: &mut usize, heard: &Heard) -> Reply {
    let sent = || serde_json::from_str::<Value>(&heard.body).unwrap()["collection"].clone();
    let (verb, target) = heard.line.split_once(' ').unwrap();
    if target.starts_with("/collections?") {
        if verb == "POST" {
            *made += 1;
            store.insert(*made, sent());
            return Reply::json(
                200,
                &json!({ "collection": entry(*made, &store[made]) }).to_string(),
            );
        }
        let offset: usize = target.rsplit('=').next().unwrap().parse().unwrap();
        let page = store.iter().skip(offset).take(100);
        let page: Vec<Value> = page
            .map(|(number, collection)| entry(*number, collection))
            .collect();
        let answer = json!({ "collections": page, "meta": { "total": store.len() } });
        return Reply::json(200, &answer.to_string());
    }
    let number: usize = target.rsplit('-').next().unwrap().parse().unwrap();
    if !store.contains_key(&number) {
        let status = if verb == "GET" { 400 } else { 404 };
        return Reply::json(
            status,
            r#"{"error":{"name":"instanceNotFoundError","message":"no"}}"#,
        );
    }
    let answer = match verb {
        "PUT" => {
            store.insert(number, sent());
            entry(number, &store[&number])
        }
        "DELETE" => entry(number, &store.remove(&number).unwrap()),
        _ => store[&number].clone(),
    };
    Reply::json(200, &json!({ "collection": answer }).to_string())
}

/// A workspace that fails at every fifth call, in one of six ways.
fn failing(store: Arc<Mutex<Store>>, seed: u64) -> Server {
    let state = Mutex::new((fastrand::Rng::with_seed(seed), 0));
    Server::answering(move |heard| {
        let (random, made) = &mut *state.lock().unwrap();
        let fault = if random.f64() < 0.2 {
            random.u8(0..6)
        } else {
            6
        };
        let server_error = Reply::json(500, r#"{"error":{"name":"serverError","message":"x"}}"#);
        let not_done = match fault {
            0 => Some(server_error.clone()),
            1 => Some(Reply::nothing()),
            2 => Some(Reply::json(
                429,
                r#"{"error":{"name":"rateLimited","message":"x"}}"#,
            )),
            _ => None,
        };
        if let Some(reply) = not_done {
            return reply;
        }
        let reply = carry_out(&mut store.lock().unwrap(), made, heard);
        match fault {
            3 => Reply::nothing(),
            4 => server_error,
            5 => reply.cut(2),
            _ => reply,
        }
    })
}

fn collection(number: usize, text: &str) -> RawJson {
    let info = json!({ "name": format!("c{number}"), "schema": SCHEMA, "description": text });
    RawJson::parse(&json!({ "info": info, "item": [] }).to_string()).unwrap()
}

fn value(raw: &RawJson) -> Value {
    serde_json::from_str(raw.text()).unwrap()
}

#[test]
fn nothing_is_lost_or_made_twice_where_every_fifth_call_fails() {
    for seed in 0..3 {
        let store = Arc::new(Mutex::new(Store::new()));
        let server = failing(Arc::clone(&store), seed);
        let bench = Bench::on(&server);
        let postman = &bench.postman;
        let numbers: Vec<usize> = (0..40).collect();
        let known = BTreeSet::new();
        let made = pool::map(&numbers, 4, |number| {
            let wanted = collection(*number, "first");
            let same = |there: &RawJson| value(there) == value(&wanted);
            let mut find = || postman.find_collection(ID, &format!("c{number}"), &known, &same);
            postman
                .create_collection(ID, &wanted, &mut find)
                .unwrap()
                .uid
        });
        let replaced = pool::map(&numbers, 4, |number| {
            let wanted = collection(*number, "second");
            let same = |there: &RawJson| value(there) == value(&wanted);
            postman.replace_collection(made[*number].as_str(), &wanted, &same, &mut |_| {})
        });
        assert!(replaced.iter().all(Result::is_ok), "{replaced:?}");
        let deleted = pool::map(&numbers[..20], 4, |number| {
            postman.delete_collection(made[*number].as_str())
        });
        assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");

        let store = store.lock().unwrap();
        let mut left: Vec<&Value> = store.values().collect();
        let expected: Vec<Value> = (20..40)
            .map(|number| value(&collection(number, "second")))
            .collect();
        left.sort_by_key(|collection| collection["info"]["name"].as_str());
        assert_eq!(left, expected.iter().collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(bench.own_violations(), []);
    }
}
