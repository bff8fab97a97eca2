//! The rules by example.

use super::*;

fn scope(transition: &'static str) -> Scope {
    Scope {
        job: Uuid::new_v4(),
        transition,
        workspace: Some((Uuid::new_v4(), Uuid::new_v4())),
        at: Timestamp::UNIX_EPOCH,
    }
}

fn resource(agent: proto::Agent) -> proto::Resource {
    proto::Resource {
        name: "main".into(),
        r#type: "null_resource".into(),
        agents: vec![agent],
        ..Default::default()
    }
}

fn agent(name: &str) -> proto::Agent {
    proto::Agent { name: name.into(), ..Default::default() }
}

#[test]
fn agents_get_new_ids_and_keep_their_tokens() {
    let token = Uuid::new_v4();
    let found = proto::Agent {
        id: Uuid::new_v4().to_string(),
        auth: Some(proto::agent::Auth::Token(token.to_string())),
        scripts: vec![proto::Script { display_name: "Startup".into(), ..Default::default() }],
        ..agent("main")
    };
    let stored = collect(scope("start"), vec![resource(found.clone())]).unwrap();
    assert_eq!(stored.agents[0].auth_token, token);
    assert_ne!(stored.agents[0].id.to_string(), found.id);
    assert_eq!(stored.log_sources[0].id, stored.agents[0].scripts[0].log_source_id);
    assert!(collect(scope("stop"), vec![resource(found)]).unwrap().agents.is_empty());
}

#[test]
fn names_and_slugs_are_checked() {
    for bad in ["", "a_b", "-a", "a--b"] {
        assert!(collect(scope("start"), vec![resource(agent(bad))]).is_err(), "{bad}");
    }
    let twice = proto::Resource { agents: vec![agent("Main"), agent("main")], ..Default::default() };
    assert!(collect(scope("start"), vec![twice]).unwrap_err().to_string().contains("duplicate agent name"));
    let app = proto::App { slug: "web".into(), ..Default::default() };
    let with_apps = |name: &str| resource(proto::Agent { apps: vec![app.clone()], ..agent(name) });
    assert!(collect(scope("start"), vec![with_apps("a"), with_apps("b")]).is_err());
    assert!(collect(scope("start"), vec![with_apps("a")]).is_ok());
}

#[test]
fn environment_merges_by_strategy() {
    let env = |value: &str, strategy: &str| proto::Env {
        name: "PATH".into(),
        value: value.into(),
        merge_strategy: strategy.into(),
    };
    let merge =
        |envs: Vec<proto::Env>| environment("main", envs, BTreeMap::new()).map(|merged| merged["PATH"].clone());
    assert_eq!(merge(vec![env("a", ""), env("b", "append"), env("c", "prepend")]).unwrap(), "c:a:b");
    assert_eq!(merge(vec![env("a", ""), env("b", "")]).unwrap(), "b");
    assert!(merge(vec![env("a", ""), env("b", "error")]).is_err());
    let own = BTreeMap::from([("PATH".to_owned(), "own".to_owned())]);
    assert_eq!(environment("main", vec![env("a", "")], own).unwrap()["PATH"], "own");
}
