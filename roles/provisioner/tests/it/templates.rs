//! Small templates.

/// Parameters, an agent on a process that exists only while the workspace runs, an app, metadata with a cost.
pub const LITE: &str = r#"
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_parameter" "word" {
  name = "word"
  default = "hello"
  mutable = true
  validation {
    regex = "^[a-z]+$"
    error = "lower case only"
  }
}
data "coder_parameter" "size" {
  name = "size"
  type = "number"
  default = 2
  mutable = true
  validation {
    min = 1
    max = 8
    monotonic = "increasing"
  }
}
data "coder_workspace_preset" "big" {
  name = "Big"
  default = true
  parameters = { size = "8" }
}
resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
}
resource "coder_app" "web" {
  agent_id = coder_agent.main.id
  slug     = "web"
  url      = "http://localhost:1234"
}
resource "terraform_data" "disk" {}
resource "terraform_data" "vm" {
  count            = data.coder_workspace.me.start_count
  input            = coder_agent.main.token
  triggers_replace = [coder_agent.main.token]
  provisioner "local-exec" {
    command = "test '${data.coder_parameter.word.value}' != fail"
  }
}
resource "coder_metadata" "vm" {
  count       = data.coder_workspace.me.start_count
  resource_id = terraform_data.vm[0].id
  daily_cost  = 3
  item {
    key   = "word"
    value = data.coder_parameter.word.value
  }
}
"#;

/// One resource that takes as long as a job should not.
pub const SLOW: &str = r#"
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
data "coder_workspace" "me" {}
resource "terraform_data" "first" {}
resource "terraform_data" "vm" {
  count = data.coder_workspace.me.start_count
  depends_on = [terraform_data.first]
  provisioner "local-exec" {
    command = "exec sleep 140"
  }
}
"#;

/// Nothing but Terraform's own.
pub const PLAIN: &str = "resource \"terraform_data\" \"x\" {\n  input = 1\n}\n";
