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
data "coder_parameter" "region" {
  name = "region"
  default = "eu"
  option {
    name = "Europe"
    value = "eu"
  }
  option {
    name = "America"
    value = "us"
  }
}
data "coder_parameter" "once" {
  name = "once"
  type = "bool"
  default = false
  mutable = true
  ephemeral = true
}
data "coder_workspace_preset" "big" {
  name = "Big"
  default = true
  parameters = {
    region = "us"
    size = "8"
  }
}
resource "coder_agent" "main" {
  os = "linux"
  arch = "amd64"
}
resource "terraform_data" "disk" {}
resource "coder_app" "web" {
  agent_id = coder_agent.main.id
  slug = "web"
  url = "http://localhost:8080"
}
resource "terraform_data" "vm" {
  count = data.coder_workspace.me.start_count
  input = [coder_agent.main.id, data.coder_parameter.size.value]
  triggers_replace = coder_agent.main.token
  provisioner "local-exec" {
    command = "test '${data.coder_parameter.word.value}' != fail"
  }
  lifecycle {
    precondition {
      condition = data.coder_parameter.word.value != "planfail"
      error_message = "refused at plan"
    }
  }
}
resource "coder_metadata" "vm" {
  count = data.coder_workspace.me.start_count
  resource_id = terraform_data.vm[0].id
  daily_cost = 3
}
