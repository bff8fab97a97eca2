//! The recorded families of metrics that the router and the query layer export: same type, labels and buckets.

use std::collections::BTreeSet;

use super::world::World;

/// Families of this test; those of the agents and of the queue have tests of their own.
const FAMILIES: [&str; 3] = [
    "coderd_api_request_latencies_seconds",
    "coderd_api_requests_processed_total",
    "coderd_db_query_latencies_seconds",
];

#[tokio::test]
async fn families_of_the_first_day_are_the_recorded_ones() {
    let Some(folder) = super::spec() else {
        eprintln!("SKIPPED metrics.txt: the contract's folder is not there");
        return;
    };
    let recorded = std::fs::read_to_string(folder.join("golden/metrics.txt")).unwrap();
    let world = World::start(|_| {}).await;
    world.server.first_user().await;
    let mut text = warren_observe::metrics::Text::default();
    warren_observe::metrics::http(&mut text);
    let own = text.finish();
    let lines = recorded.lines().filter(|line| line.starts_with("coder")).count();
    let mut replayed = 0;
    for line in recorded.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [name, kind, labels, buckets, ..] = fields[..] else { continue };
        if !FAMILIES.contains(&name) {
            continue;
        }
        replayed += 1;
        let buckets: BTreeSet<&str> = buckets.split(',').filter(|bucket| *bucket != "-").collect();
        if name == "coderd_db_query_latencies_seconds" {
            let mut own: BTreeSet<String> = warren_db::BUCKETS.iter().map(ToString::to_string).collect();
            own.insert("+Inf".into());
            assert_eq!(own.iter().map(String::as_str).collect::<BTreeSet<_>>(), buckets, "{name}");
            let measured = world.server.services.db.stats().snapshot();
            assert!(!measured.is_empty(), "every query is measured");
            continue;
        }
        assert!(own.contains(&format!("# TYPE {name} {kind}\n")), "{name} is no {kind}");
        let samples = own.lines().filter(|line| {
            let rest = line.strip_prefix(name).unwrap_or_default();
            rest.starts_with('{') || rest.starts_with("_bucket{")
        });
        let mut found = BTreeSet::new();
        for sample in samples {
            let (_, rest) = sample.split_once('{').unwrap();
            let pairs: Vec<(&str, &str)> = rest.split("\",").filter_map(|pair| pair.split_once("=\"")).collect();
            let names: BTreeSet<&str> = pairs.iter().map(|(name, _)| *name).filter(|name| *name != "le").collect();
            assert_eq!(names, labels.split(',').collect(), "{sample}");
            let bounds = pairs.iter().filter(|(name, _)| *name == "le");
            found.extend(bounds.map(|(_, bound)| bound.split('"').next().unwrap().to_owned()));
        }
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), buckets, "{name}");
    }
    assert_eq!(replayed, FAMILIES.len());
    eprintln!("replayed {replayed} of {lines} families of metrics.txt");
}
