//! Every operation against the contract's table: path, parameters, body, responses, authentication.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::contract::{document, notation, path_parameters, read, same_type, shape};

/// Operations that the contract does not have, each with the reason.
const OURS: &[(&str, &str)] = &[
    ("GET /", "a page"),
    ("GET /api/v2/openapi.json", "this document"),
    ("GET /cli-auth", "a page"),
    ("POST /cli-auth", "a form"),
    ("GET /login", "a page"),
    ("POST /login", "a form"),
    ("POST /logout", "a form"),
    ("GET /setup", "a page"),
    ("POST /setup", "a form"),
    ("GET /pages/style.css", "the style of the pages"),
    ("GET /install.sh", "the script for laptops"),
    ("GET /readyz", "a probe for load balancers"),
    ("GET /derp/", "relay clients write it with and without the slash"),
    ("GET /derp/probe", "relay clients measure it"),
    ("GET /generate_204", "relay clients look for captive portals"),
    ("GET /@{user}/{workspace_and_agent}/apps/{workspaceapp}", "apps of workspaces: a proxy"),
    ("GET /@{user}/{workspace_and_agent}/apps/{workspaceapp}/", "apps of workspaces: a proxy"),
    ("GET /@{user}/{workspace_and_agent}/apps/{workspaceapp}/{path}", "apps of workspaces: a proxy"),
    ("GET /%40{user}/{workspace_and_agent}/apps/{workspaceapp}", "apps of workspaces: a proxy"),
    ("GET /%40{user}/{workspace_and_agent}/apps/{workspaceapp}/", "apps of workspaces: a proxy"),
    ("GET /%40{user}/{workspace_and_agent}/apps/{workspaceapp}/{path}", "apps of workspaces: a proxy"),
];

/// Where an operation differs from the contract on purpose: the only list of it, one reason each.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("GET /api/v2/debug/health", "query", "also as text, for people"),
    (
        "GET /api/v2/debug/ws",
        "responses",
        "it echoes what it gets, so messages have no type; the contract has an envelope",
    ),
    ("GET /api/v2/experiments/available", "responses", "the contract has the body in a note"),
    ("GET /api/v2/files/{fileID}", "query", "clients ask for zip archives"),
    (
        "DELETE /api/v2/organizations/{organization}/members/roles/{roleName}",
        "responses",
        "official clients take 204 only",
    ),
    (
        "GET /api/v2/organizations/{organization}/members/{user}/workspaces/available-users",
        "query",
        "pages are read in one form",
    ),
    (
        "GET /api/v2/organizations/{organization}/provisionerdaemons",
        "query",
        "statuses are a list of a daemon's, not of a job's; clients send offline and max_age",
    ),
    ("GET /api/v2/organizations/{organization}/provisionerjobs", "query", "statuses are a list in one text"),
    (
        "POST /api/v2/organizations/{organization}/provisionerkeys",
        "body",
        "the contract leaves it out, and clients send it",
    ),
    ("GET /api/v2/organizations/{organization}/templates", "query", "the search of the list of all templates"),
    ("GET /api/v2/provisionerkeys/{provisionerkey}", "security", "whoever calls, the key of the header is what counts"),
    ("GET /api/v2/templates", "query", "a search: rest.md has it"),
    (
        "POST /api/v2/templates/{template}/versions/archive",
        "responses",
        "official clients read which were archived, no envelope",
    ),
    ("GET /api/v2/templateversions/{templateversion}/dynamic-parameters", "query", "official clients send it"),
    ("GET /api/v2/users/{user}/keys/tokens", "query", "official clients send include_all"),
    ("GET /api/v2/workspaceagents/me/external-auth", "query", "one of match (formerly url) and id is enough"),
    ("GET /api/v2/workspaceagents/me/gitauth", "query", "one of match (formerly url) and id is enough"),
    (
        "GET /api/v2/workspaceagents/{workspaceagent}/containers",
        "query",
        "recorded: official servers take a call without a label",
    ),
    ("PATCH /api/v2/workspaceagents/me/logs", "responses", "the body is JSON null, which the contract has in a note"),
    ("GET /api/v2/workspaceagents/{workspaceagent}/startup-logs", "query", "another path of the log"),
    (
        "GET /api/v2/workspaceagents/{workspaceagent}/startup-logs",
        "responses",
        "another path of the log, which can be followed",
    ),
    ("GET /api/v2/workspaces", "query", "pages are read in one form"),
    ("GET /api/v2/workspaces/{workspace}/watch", "responses", "the data of events are workspaces, no envelopes"),
];

/// What is compared of one operation.
struct Comparison<'a> {
    name: String,
    /// The contract's.
    theirs: &'a Value,
    /// The document's.
    ours: &'a Value,
    types: &'a Value,
    found: Vec<(&'static str, String)>,
}

#[test]
fn operations_are_the_contracts() {
    let (Some(contract), Some(types)) = (read("api/endpoints.json"), read("api/types.json")) else { return };
    let document = document();
    let mut served: BTreeMap<(String, String), (&String, &Value)> = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            served.insert((method.to_uppercase(), shape(path)), (path, operation));
        }
    }
    let mut wrong = Vec::new();
    let mut excused = BTreeSet::new();
    let mut compared: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for theirs in contract["endpoints"].as_array().unwrap() {
        let (method, path) = (theirs["method"].as_str().unwrap(), theirs["path"].as_str().unwrap());
        let priority = theirs["priority"].as_str().unwrap();
        let count = compared.entry(priority).or_default();
        count.1 += 1;
        let name = format!("{method} {path}");
        let Some((our_path, ours)) = served.remove(&(method.to_owned(), shape(path))) else {
            if priority == "P0" {
                wrong.push(format!("{name}: is not served"));
            }
            continue;
        };
        count.0 += 1;
        let mut comparison = Comparison { name, theirs, ours, types: &types["types"], found: Vec::new() };
        comparison.all(our_path);
        for (aspect, what) in comparison.found {
            let reason = DIFFERENT.iter().find(|(known, about, _)| *known == comparison.name && *about == aspect);
            match reason {
                Some(reason) => drop(excused.insert(reason)),
                None => wrong.push(format!("{}: {aspect}: {what}", comparison.name)),
            }
        }
    }
    let own: Vec<String> = served.iter().map(|((method, _), (path, _))| format!("{method} {path}")).collect();
    wrong.extend(
        own.iter()
            .filter(|name| OURS.iter().all(|(known, _)| known != name))
            .map(|name| format!("{name}: is not in the contract")),
    );
    wrong.extend(
        OURS.iter()
            .filter(|(name, _)| !own.iter().any(|known| known == name))
            .map(|(name, _)| format!("{name}: is not served any more")),
    );
    wrong.extend(
        DIFFERENT
            .iter()
            .filter(|reason| !excused.contains(reason))
            .map(|(name, aspect, _)| format!("{name}: {aspect}: no difference any more")),
    );
    for (priority, (compared, all)) in compared {
        println!("compared {compared} of {all} operations of {priority}");
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

impl Comparison<'_> {
    fn all(&mut self, path: &str) {
        let wanted = self.theirs["id"].as_str();
        if wanted.is_some_and(|id| self.ours["operationId"] != id) {
            self.differ("id", format!("{} instead of {wanted:?}", self.ours["operationId"]));
        }
        self.path(path);
        self.query();
        self.body();
        self.responses();
        self.security();
    }

    fn differ(&mut self, aspect: &'static str, what: String) {
        self.found.push((aspect, what));
    }

    fn parameters(&self, place: &str) -> BTreeMap<String, Value> {
        let all = self.ours["parameters"].as_array().into_iter().flatten();
        let wanted = all.filter(|parameter| parameter["in"] == place);
        wanted.map(|parameter| (parameter["name"].as_str().unwrap().to_owned(), parameter.clone())).collect()
    }

    fn path(&mut self, path: &str) {
        let wanted = path_parameters(self.theirs["path"].as_str().unwrap());
        if path_parameters(path) != wanted {
            self.differ("path", format!("{path} has not the parameters {wanted:?}"));
        }
        let ours = self.parameters("path");
        for parameter in self.theirs["path_params"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let schema = &ours.get(name).map_or(Value::Null, |parameter| parameter["schema"].clone());
            // Organizations are found by name wherever they are found by id (rest.md §8).
            let uuid = parameter["format"] == "uuid" && name != "organization";
            if uuid && schema["format"] != "uuid" {
                self.differ("path", format!("{name} is {schema}, not a UUID"));
            }
            if schema["type"].is_null() {
                self.differ("path", format!("{name} is not described"));
            }
        }
    }

    fn query(&mut self) {
        let ours = self.parameters("query");
        let theirs = self.theirs["query"].as_array().cloned().unwrap_or_default();
        for parameter in &theirs {
            let name = parameter["name"].as_str().unwrap();
            let Some(has) = ours.get(name) else {
                self.differ("query", format!("{name} is missing"));
                continue;
            };
            let (schema, kind) = (&has["schema"], parameter["type"].as_str().unwrap());
            // Lists are separated by commas, maps are JSON in a string.
            let kind = if kind.starts_with('[') || kind == "object" { "string" } else { kind };
            let format = parameter["format"].as_str().filter(|format| matches!(*format, "uuid" | "date-time"));
            if schema["type"] != kind || format.is_some_and(|format| schema["format"] != format) {
                self.differ("query", format!("{name} is {schema}, not {kind} {}", format.unwrap_or_default()));
            }
            let words = |list: &Value| -> BTreeSet<String> {
                list.as_array().into_iter().flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
            };
            if words(&schema["enum"]) != words(&parameter["enum"]) {
                self.differ("query", format!("{name} is one of {}, not {}", schema["enum"], parameter["enum"]));
            }
            let required = parameter["required"] == true;
            if (has["required"] == true) != required {
                self.differ("query", format!("{name} must be there: {}, not {required}", has["required"]));
            }
        }
        // What a websocket of another protocol takes is told with that protocol.
        let elsewhere = self.transport().ends_with("drpc") || self.transport().ends_with("binary");
        for name in ours.keys().filter(|_| !elsewhere) {
            if theirs.iter().all(|parameter| parameter["name"] != name.as_str()) {
                self.differ("query", format!("{name} is not in the contract"));
            }
        }
    }

    fn transport(&self) -> &str {
        self.theirs["transport"].as_str().unwrap_or("json")
    }

    fn body(&mut self) {
        let content = self.ours["requestBody"]["content"].as_object();
        let ours = content.and_then(|content| content.get("application/json")).map(|json| notation(&json["schema"]));
        match (ours, self.theirs["request"].as_str()) {
            (None, None) => {}
            (Some(ours), Some(theirs)) if same_type(self.types, &ours, theirs) => {}
            (ours, theirs) => self.differ("body", format!("{ours:?} instead of {theirs:?}")),
        }
        for media in self.theirs["consumes"].as_array().into_iter().flatten() {
            if content.is_none_or(|content| !content.contains_key(media.as_str().unwrap())) {
                self.differ("body", format!("{media} is not taken"));
            }
        }
    }

    fn responses(&mut self) {
        let ours = self.ours["responses"].as_object().unwrap().clone();
        let theirs = self.theirs["responses"].as_object().unwrap().clone();
        let transport = self.transport().to_owned();
        let websocket = transport.contains("websocket");
        if websocket != ours.contains_key("101") {
            self.differ("responses", format!("a websocket: {}, not {websocket}", !websocket));
        }
        for (status, wanted) in &theirs {
            let wanted = wanted.as_str();
            let number: u16 = status.parse().unwrap();
            if number >= 400 {
                let envelope = &ours.get("default").map_or(Value::Null, |error| error["content"].clone());
                if wanted.is_some() && notation(&envelope["application/json"]["schema"]) != "Response" {
                    self.differ("responses", format!("{status} has no envelope"));
                }
            } else if transport.starts_with("websocket") {
                // The contract gives the type of the messages as if it were a body.
                let message = self.ours.get("x-websocket-message").map(notation);
                if let Some(wanted) = wanted
                    && !message.as_deref().is_some_and(|message| same_type(self.types, message, wanted))
                {
                    self.differ("responses", format!("messages are {message:?}, not {wanted}"));
                }
            } else {
                match ours.get(status) {
                    None => self.differ("responses", format!("{status} is missing")),
                    Some(response) => self.content(status, response, wanted),
                }
            }
        }
        for status in ours.keys() {
            if status != "default" && status != "101" && !theirs.contains_key(status) {
                self.differ("responses", format!("{status} is not in the contract"));
            }
        }
    }

    fn content(&mut self, status: &str, response: &Value, wanted: Option<&str>) {
        let content = response["content"].as_object().cloned().unwrap_or_default();
        let expected = match self.transport() {
            "sse" => "text/event-stream",
            _ => self.theirs["produces"][0].as_str().unwrap_or("application/json"),
        };
        if self.theirs["produces"].is_array() || self.transport() == "sse" {
            if !content.contains_key(expected) {
                self.differ("responses", format!("{status} is not {expected}"));
            }
        }
        let ours =
            content.get(expected).filter(|body| body.get("schema").is_some()).map(|body| notation(&body["schema"]));
        match (ours, wanted) {
            (None, None) => {}
            // The contract has no type for the data of some event streams.
            (Some(_), None) if expected == "text/event-stream" => {}
            (Some(ours), Some(wanted)) if same_type(self.types, &ours, wanted) => {}
            (ours, wanted) => self.differ("responses", format!("{status} is {ours:?}, not {wanted:?}")),
        }
    }

    fn security(&mut self) {
        let schemes: Vec<Vec<String>> = self.ours["security"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_object().unwrap().keys().cloned().collect())
            .collect();
        let schemes: Vec<&str> = schemes.iter().map(|one| one.first().map_or("", String::as_str)).collect();
        let wanted = self.theirs["auth"].as_str().unwrap();
        let same = match wanted {
            "none" => matches!(schemes[..], [] | ["", "session"]),
            "session" => schemes == ["session"],
            // Workspace proxies are no part of this server yet.
            "session|proxy-token" => schemes == ["session"],
            "agent-token" => schemes == ["agent"],
            "provisioner-key" => schemes == ["provisionerKey"],
            "provisioner-key|psk|session" => schemes == ["provisionerKey", "provisionerSecret", "session"],
            _ => false,
        };
        if !same {
            self.differ("security", format!("{schemes:?} instead of {wanted}"));
        }
    }
}
