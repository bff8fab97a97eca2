//! Recorded exchanges that are answered otherwise on purpose, or not replayed, and why.

/// What is special about a recorded exchange.
pub(super) enum Expected {
    /// It is replayed and answered with this status; the body is our own.
    Differs(u16, &'static str),
    /// A test of another crate replays it.
    Elsewhere(&'static str),
    /// It is not replayed.
    LeftOut(&'static str),
}

use Expected::{Differs, Elsewhere, LeftOut};

const TABLE: &[(&str, Expected)] = &[
    ("org_tmpl_ver_prev_none", Differs(204, "v2.31 answers 404")),
    ("ws_acl", Differs(200, "v2.31: sharing is an experiment")),
    ("ws_acl_patch", Differs(400, "v2.31: sharing is an experiment")),
    ("ws_acl_patch_bad", Differs(400, "v2.31: sharing is an experiment")),
    ("ws_acl_del", Differs(204, "v2.31: sharing is an experiment")),
    ("agent_containers", Differs(200, "no container is looked for, so there is no failure")),
    ("agent_ports_stopped", Differs(404, "the agent of an ended build is gone")),
    ("bob_tmpl_create", Differs(404, "who may not make templates learns nothing about versions")),
    ("sse_agent_reinit_wait", Differs(409, "newer servers refuse ordinary workspaces")),
    ("deploy_config", Elsewhere("server/control, which knows the options")),
    ("portshare_list", LeftOut(PORTS)),
    ("portshare_post", LeftOut(PORTS)),
    ("portshare_list2", LeftOut(PORTS)),
    ("portshare_bad", LeftOut(PORTS)),
    ("portshare_bad_agent", LeftOut(PORTS)),
    ("portshare_del", LeftOut(PORTS)),
    ("portshare_del404", LeftOut(PORTS)),
    ("app_auth_redirect", LeftOut(SUBDOMAINS)),
    ("app_auth_redirect_anon", LeftOut(SUBDOMAINS)),
    ("app_auth_redirect_ok", LeftOut(SUBDOMAINS)),
    ("convert_login", LeftOut(PROVIDERS)),
    ("github_cb", LeftOut(PROVIDERS)),
    ("external_auths_cfg", LeftOut(EXTERNAL)),
    ("external_auth_cfg", LeftOut(EXTERNAL)),
    ("external_auth_del_cfg", LeftOut(EXTERNAL)),
    ("external_auth_dev_cfg", LeftOut(EXTERNAL)),
    ("am_extauth_unlinked", LeftOut(EXTERNAL)),
    ("ins_daus", LeftOut(INSIGHTS)),
    ("ins_daus_none", LeftOut(INSIGHTS)),
    ("ins_tmpl", LeftOut(INSIGHTS)),
    ("ins_tmpl_bad", LeftOut(INSIGHTS)),
    ("ins_tmpl_bad2", LeftOut(INSIGHTS)),
    ("ins_act", LeftOut(INSIGHTS)),
    ("ins_lat", LeftOut(INSIGHTS)),
    ("ins_status", LeftOut(INSIGHTS)),
];

const PORTS: &str = "ports are shared by subdomains, which are not served yet";
const SUBDOMAINS: &str = "apps are not served by subdomain yet";
const PROVIDERS: &str = "only passwords sign in yet";
const EXTERNAL: &str = "providers of external logins cannot be configured yet";
const INSIGHTS: &str = "usage over time is not kept yet";

pub(super) fn expected(name: &str) -> Option<Expected> {
    TABLE.iter().find(|(known, _)| *known == name).map(|(_, expected)| match expected {
        Differs(status, why) => Differs(*status, why),
        Elsewhere(place) => Elsewhere(place),
        LeftOut(why) => LeftOut(why),
    })
}

/// Names of the table.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}
