use super::*;

fn module(text: &str) -> Module {
    let module = Module::parse([("main.tf", text)]);
    assert_eq!(module.problems(), []);
    module
}

#[test]
fn variables_are_read_with_types_and_defaults() {
    let module = module(
        r#"
variable "a" {}
variable "b" {
  type        = list(object({ x = optional(string, "q") }))
  description = <<-EOT
    Two
    lines
  EOT
  default     = [{ x = "1" }]
}
variable "c" {
  type = string
  default = "plain"
  sensitive = true
}
variable "d" {
  default = null
}
variable "e" {
  type    = number
  default = -2.5
}
variable "f" {
  type    = bool
  default = false
  validation {
    condition     = var.f != true
    error_message = "no"
  }
}
variable "g" {
  type = "map"
  default = { z = 1, a = true }
}
"#,
    );
    let seen: Vec<_> = module
        .variables()
        .into_iter()
        .map(|v| (v.name, v.type_source, v.default_value, v.required, v.sensitive, v.line))
        .collect();
    let row = |name: &str, kind: &str, default: &str, required, sensitive, line| {
        (name.to_owned(), kind.to_owned(), default.to_owned(), required, sensitive, line)
    };
    assert_eq!(
        seen,
        [
            row("a", "", "", true, false, 2),
            row("b", "list(object({ x = optional(string, \"q\") }))", "[{\"x\":\"1\"}]", false, false, 3),
            row("c", "string", "plain", false, true, 11),
            row("d", "", "", false, false, 16),
            row("e", "number", "-2.5", false, false, 19),
            row("f", "bool", "false", false, false, 23),
            row("g", "map", "{\"a\":true,\"z\":1}", false, false, 31),
        ]
    );
    assert_eq!(module.variables()[1].description, "Two\nlines\n");
}

#[test]
fn json_variables_are_read() {
    let module = Module::parse([(
        "v.tf.json",
        r#"{"variable": {"x": {"type": "string", "default": "1", "sensitive": true}, "y": {}}}"#,
    )]);
    let variables = module.variables();
    assert_eq!(variables.len(), 2);
    assert_eq!((variables[0].default_value.as_str(), variables[0].sensitive), ("1", true));
    assert!(variables[1].required);
}

#[test]
fn tags_keep_their_source_text() {
    let module = module(
        r#"
data "coder_workspace_tags" "t" {
  tags = {
    "zone" = var.zone
    plain  = "x-${data.coder_parameter.p.value}"
    (local.k) = 1
  }
}
"#,
    );
    let tags: Vec<_> = module.workspace_tags().into_iter().collect();
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        tags,
        [pair("(local.k)", "1"), pair("plain", "\"x-${data.coder_parameter.p.value}\""), pair("zone", "var.zone"),]
    );
}

#[test]
fn syntax_errors_name_file_and_line() {
    let module = Module::parse([("main.tf", "resource \"a\" \"b\" {\n  x = \n}\n"), ("ok.tf", "variable \"v\" {}\n")]);
    assert_eq!(module.problems().len(), 1);
    assert_eq!((module.problems()[0].file.as_str(), module.problems()[0].line), ("main.tf", 2));
    assert_eq!(module.variables().len(), 1);
}

#[test]
fn requirements_and_backends_are_seen() {
    let module = module(
        r#"
terraform {
  backend "s3" {}
  required_providers {
    coder  = { source = "Coder/coder", version = "~> 2.0", configuration_aliases = [coder.a] }
    docker = "1.0"
  }
}
"#,
    );
    assert!(module.has_remote_state());
    let found = module.requirements();
    assert!(found[0].is("coder/coder"));
    assert!(found[0].constraint().unwrap().allows(Version(2, 3, 4)));
    assert_eq!((found[1].source.as_str(), found[1].version.as_str()), ("docker", "1.0"));
}
