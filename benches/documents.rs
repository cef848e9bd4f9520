//! Reading and judging documents, beside what `serde_json::Value` costs for the same text.
//!
//! `cargo bench --bench documents`. Figures are ratios to the first row, never absolute promises.

use git_postman::format;

fn main() {
    divan::main();
}

/// A collection of about this many megabytes, tab-indented as Postman writes it.
fn collection(megabytes: usize) -> String {
    let item = "\t\t{\n\t\t\t\"name\": \"Get order 4711\",\n\t\t\t\"request\": {\n\t\t\t\t\"method\": \"GET\",\n\t\t\t\t\"header\": [\n\t\t\t\t\t{\n\t\t\t\t\t\t\"key\": \"Accept\",\n\t\t\t\t\t\t\"value\": \"application/json\"\n\t\t\t\t\t}\n\t\t\t\t],\n\t\t\t\t\"url\": {\n\t\t\t\t\t\"raw\": \"{{baseUrl}}/orders/4711?full=true\",\n\t\t\t\t\t\"host\": [\n\t\t\t\t\t\t\"{{baseUrl}}\"\n\t\t\t\t\t],\n\t\t\t\t\t\"path\": [\n\t\t\t\t\t\t\"orders\",\n\t\t\t\t\t\t\"4711\"\n\t\t\t\t\t]\n\t\t\t\t}\n\t\t\t},\n\t\t\t\"response\": []\n\t\t}";
    let items = vec![item; megabytes * 1_000_000 / item.len()].join(",\n");
    format!(
        "{{\n\t\"info\": {{\n\t\t\"name\": \"Orders\",\n\t\t\"schema\": \"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\"\n\t}},\n\t\"item\": [\n{items}\n\t]\n}}"
    )
}

const MEGABYTES: [usize; 3] = [1, 5, 20];

#[divan::bench(args = MEGABYTES)]
fn serde_json_value(bencher: divan::Bencher<'_, '_>, megabytes: usize) {
    let text = collection(megabytes);
    bencher
        .counter(divan::counter::BytesCount::of_str(&text))
        .bench(|| serde_json::from_str::<serde_json::Value>(&text));
}

#[divan::bench(args = MEGABYTES)]
fn arena(bencher: divan::Bencher<'_, '_>, megabytes: usize) {
    let text = collection(megabytes);
    bencher
        .counter(divan::counter::BytesCount::of_str(&text))
        .with_inputs(|| text.clone())
        .bench_values(format::json::parse);
}

#[divan::bench(args = MEGABYTES)]
fn arena_and_schema(bencher: divan::Bencher<'_, '_>, megabytes: usize) {
    let text = collection(megabytes);
    bencher
        .counter(divan::counter::BytesCount::of_str(&text))
        .with_inputs(|| text.clone().into_bytes())
        .bench_values(|bytes| format::parse("orders.json", bytes));
}

#[divan::bench(args = MEGABYTES)]
fn secrets(bencher: divan::Bencher<'_, '_>, megabytes: usize) {
    let text = collection(megabytes);
    bencher
        .counter(divan::counter::BytesCount::of_str(&text))
        .bench(|| git_postman::check::rules::secret::scan::scan(&text));
}

/// A collection of so many requests in folders of twenty, each under a name and URL of its own.
fn requests(count: usize, edit: impl Fn(usize) -> (String, String)) -> String {
    let folders: Vec<String> = (0..count.div_ceil(20))
        .map(|folder| {
            let items: Vec<String> = (folder * 20..count.min(folder * 20 + 20))
                .map(|number| {
                    let (name, value) = edit(number);
                    format!(r#"{{"name": "{name}", "event": [{{"listen": "test", "script": {{"exec": ["one", "two"]}}}}], "request": {{"method": "GET", "header": [{{"key": "Accept", "value": "{value}"}}], "url": "{{{{base}}}}/r/{number}"}}}}"#)
                })
                .collect();
            format!(r#"{{"name": "Folder {folder}", "item": [{}]}}"#, items.join(","))
        })
        .collect();
    format!(
        r#"{{"info": {{"name": "x"}}, "item": [{}]}}"#,
        folders.join(",")
    )
}

/// Two collections whose every tenth request was renamed and whose every seventh has another header.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn difference(bencher: divan::Bencher<'_, '_>, count: usize) {
    let before = requests(count, |number| {
        (format!("Request {number}"), "a".to_owned())
    });
    let after = requests(count, |number| {
        let name = if number % 10 == 0 {
            "Renamed"
        } else {
            "Request"
        };
        let value = if number % 7 == 0 { "b" } else { "a" };
        (format!("{name} {number}"), value.to_owned())
    });
    let (before, after) = (format::json::parse(before).0, format::json::parse(after).0);
    bencher
        .counter(divan::counter::ItemsCount::new(count))
        .bench(|| {
            let sides = (before.root(), after.root());
            let (Some(one), Some(other)) = sides else {
                return 0;
            };
            let compared = format::diff::diff(one, other, format::diff::Dialect::Collection);
            format::diff_told::told(&compared).len()
        });
}

/// The same text twice, as it is after a pull that brought nothing.
#[divan::bench(args = MEGABYTES)]
fn difference_of_the_same(bencher: divan::Bencher<'_, '_>, megabytes: usize) {
    let text = collection(megabytes);
    let (before, after) = (
        format::json::parse(text.clone()).0,
        format::json::parse(text.clone()).0,
    );
    bencher
        .counter(divan::counter::BytesCount::of_str(&text))
        .bench(|| {
            let sides = (before.root(), after.root());
            let (Some(one), Some(other)) = sides else {
                return true;
            };
            format::diff::diff(one, other, format::diff::Dialect::Collection)
                .delta
                .is_none()
        });
}
