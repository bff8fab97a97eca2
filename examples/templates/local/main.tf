# A workspace as a supervised process tree on the provisioner's own machine. No cloud, no container, and no provider
# to download: Terraform's built-in terraform_data starts and ends the processes. Read README.md before using it.

terraform {
  required_version = ">= 1.6.0"
  required_providers {
    coder = {
      source = "coder/coder"
    }
  }
}

variable "data_dir" {
  description = "Directory for the homes of all workspaces. Empty: /var/lib/warren/workspaces for root, else below the data directory of the provisioner's user."
  type        = string
  default     = ""
}

variable "run_as" {
  description = "User of the workspace processes when the provisioner is root. Empty: the user warren-workspace, made when it is first needed."
  type        = string
  default     = ""
}

variable "stop_timeout" {
  description = "Seconds that the agent gets for its shutdown script before its processes are killed."
  type        = number
  default     = 60
}

data "coder_provisioner" "host" {}

data "coder_workspace" "me" {}

data "coder_workspace_owner" "me" {}

data "coder_parameter" "niceness" {
  name         = "niceness"
  display_name = "Niceness"
  description  = "How far the workspace steps back behind other programs of the machine: 0 not at all, 19 always."
  type         = "number"
  default      = 5
  mutable      = true
  order        = 1
  validation {
    min = 0
    max = 19
  }
}

data "coder_parameter" "greeting" {
  name         = "greeting"
  display_name = "Greeting"
  description  = "What a new shell says. One line of letters, digits, spaces and simple punctuation."
  type         = "string"
  default      = "Welcome to your workspace."
  mutable      = true
  order        = 2
  validation {
    regex = "^[A-Za-z0-9 .,!?-]{0,80}$"
    error = "One line of at most 80 letters, digits, spaces, and . , ! ? -"
  }
}

locals {
  # Each workspace has a port of its own on this machine, the same at every start; below those that the system gives to
  # outgoing connections (from 32768).
  files_port = 20000 + parseint(substr(sha256(data.coder_workspace.me.id), 0, 6), 16) % 12000
}

resource "coder_agent" "main" {
  os   = data.coder_provisioner.host.os
  arch = data.coder_provisioner.host.arch

  env = {
    WORKSPACE_GREETING = data.coder_parameter.greeting.value
    GIT_AUTHOR_NAME    = coalesce(data.coder_workspace_owner.me.full_name, data.coder_workspace_owner.me.name)
    GIT_AUTHOR_EMAIL   = data.coder_workspace_owner.me.email
  }

  startup_script = templatefile("${path.module}/startup.sh", {
    files_port   = local.files_port
    files_server = file("${path.module}/files.pl")
  })
  shutdown_script = file("${path.module}/shutdown.sh")

  metadata {
    key          = "load"
    display_name = "Load of the machine"
    script       = "cut -d ' ' -f 1-3 /proc/loadavg"
    interval     = 10
    timeout      = 2
    order        = 1
  }

  metadata {
    key          = "home"
    display_name = "Size of the home directory"
    script       = "du -sh \"$HOME\" 2>/dev/null | cut -f 1"
    interval     = 60
    timeout      = 20
    order        = 2
  }
}

resource "coder_app" "files" {
  agent_id     = coder_agent.main.id
  slug         = "files"
  display_name = "Files"
  icon         = "/icon/folder.svg"
  url          = "http://localhost:${local.files_port}"
  share        = "owner"
  subdomain    = false

  healthcheck {
    url       = "http://localhost:${local.files_port}/"
    interval  = 3
    threshold = 10
  }
}

# The home directory: made at the first start, kept when the workspace stops, removed when it is deleted.
resource "terraform_data" "home" {
  input = {
    workspace = data.coder_workspace.me.id
    data_dir  = var.data_dir
    run_as    = var.run_as
    remove    = file("${path.module}/remove.sh")
  }

  provisioner "local-exec" {
    interpreter = ["/bin/sh", "${path.module}/home.sh"]
    command     = "create"
    environment = {
      WORKSPACE = self.input.workspace
      DATA_DIR  = self.input.data_dir
      RUN_AS    = self.input.run_as
    }
  }

  provisioner "local-exec" {
    when        = destroy
    interpreter = ["/bin/sh", "-c"]
    command     = self.output.remove
    quiet       = true
    environment = {
      WORKSPACE = self.output.workspace
      DATA_DIR  = self.output.data_dir
    }
  }

  lifecycle {
    # A home stays where it was made.
    ignore_changes = [input]
  }
}

# The agent and everything that it starts. It exists only while the workspace runs; a new agent token is a new process.
resource "terraform_data" "process" {
  count            = data.coder_workspace.me.start_count
  triggers_replace = [coder_agent.main.token, data.coder_parameter.niceness.value]

  input = {
    workspace    = terraform_data.home.output.workspace
    data_dir     = terraform_data.home.output.data_dir
    run_as       = terraform_data.home.output.run_as
    stop_timeout = var.stop_timeout
    stop         = file("${path.module}/stop.sh")
  }

  provisioner "local-exec" {
    interpreter = ["/bin/sh", "${path.module}/start.sh"]
    command     = "start"
    environment = {
      WORKSPACE    = self.input.workspace
      DATA_DIR     = self.input.data_dir
      RUN_AS       = self.input.run_as
      NICENESS     = data.coder_parameter.niceness.value
      STOP         = self.input.stop
      STOP_TIMEOUT = self.input.stop_timeout
      INIT_SCRIPT  = coder_agent.main.init_script
      # Not printed by the script; marked as plain so that Terraform shows what the script says.
      AGENT_TOKEN = nonsensitive(coder_agent.main.token)
    }
  }

  provisioner "local-exec" {
    when        = destroy
    interpreter = ["/bin/sh", "-c"]
    command     = self.output.stop
    quiet       = true
    environment = {
      WORKSPACE    = self.output.workspace
      DATA_DIR     = self.output.data_dir
      STOP_TIMEOUT = self.output.stop_timeout
    }
  }
}
