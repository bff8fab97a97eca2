terraform {
  required_providers {
    coder = {
      source = "coder/coder"
    }
  }
}

data "coder_provisioner" "me" {}

data "coder_workspace" "me" {}

resource "coder_agent" "main" {
  arch = data.coder_provisioner.me.arch
  os   = data.coder_provisioner.me.os

  metadata {
    display_name = "CPU Usage"
    interval     = 5
    key          = "0_cpu_usage"
    script       = "coder stat cpu"
  }
  metadata {
    display_name = "RAM Usage"
    interval     = 5
    key          = "1_ram_usage"
    script       = "coder stat mem"
  }
}

# Add the machine, container or process that runs the agent: it starts coder_agent.main.init_script.
resource "terraform_data" "workspace" {
  count = data.coder_workspace.me.transition == "start" ? 1 : 0
  input = coder_agent.main.id
}
