terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
locals {
  base = "/tmp/warren/${data.coder_workspace_owner.me.name}"
}
data "coder_provisioner" "me" {}
data "coder_workspace" "me" {}
data "coder_workspace_owner" "me" {}
data "coder_parameter" "region" {
  name  = "region"
  option {
    name  = "Europe"
    value = "eu"
  }
  option {
    name  = "America"
    value = "us"
  }
  default = "eu"
}
data "coder_parameter" "size" {
  name    = "size"
  order   = 2
  type    = "number"
  default = 2
  mutable = true
  validation {
    min = 1
    max = 8
  }
}
data "coder_parameter" "greeting" {
  name         = "greeting"
  display_name = "Greeting"
  description  = "What the shell says"
  order        = 3
  default      = "hello"
  mutable      = true
}
resource "terraform_data" "home" {
  input = local.base
}
resource "coder_env" "extra" {
  agent_id = coder_agent.main.id
  name     = "EXTRA"
  value    = data.coder_parameter.greeting.value
}
resource "coder_agent" "main" {
  os   = data.coder_provisioner.me.os
  dir  = "${local.base}/home"
  arch = data.coder_provisioner.me.arch
}
resource "coder_script" "extra" {
  agent_id     = coder_agent.main.id
  display_name = "Extra"
  script       = "true"
  run_on_start = true
}
resource "coder_app" "web" {
  agent_id = coder_agent.main.id
  slug     = "web"
  url      = "http://localhost:8080"
}
resource "coder_app" "docs" {
  agent_id = coder_agent.main.id
  slug     = "docs"
  url      = "http://localhost:8081"
}
resource "terraform_data" "process" {
  count      = data.coder_workspace.me.start_count
  input      = coder_agent.main.init_script
  depends_on = [terraform_data.home]
}
resource "coder_metadata" "process" {
  count       = data.coder_workspace.me.start_count
  resource_id = terraform_data.process[0].id
  item {
    key   = "size"
    value = data.coder_parameter.size.value
  }
}
output "agent" {
  value = coder_agent.main.id
}
