terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
data "coder_workspace_owner" "me" {}
variable "flavors" {
  type = list(string)
  default = ["small", "large"]
}
data "coder_parameter" "advanced" {
  name = "advanced"
  type = "bool"
  default = false
  mutable = true
  order = 1
}
data "coder_parameter" "flavor" {
  name = "flavor"
  form_type = "dropdown"
  default = var.flavors[0]
  mutable = true
  order = 2
  dynamic "option" {
    for_each = data.coder_parameter.advanced.value == "true" ? concat(var.flavors, ["huge"]) : var.flavors
    content {
      name = upper(option.value)
      value = option.value
    }
  }
}
data "coder_parameter" "who" {
  name = "who"
  default = "default-${data.coder_workspace_owner.me.groups[0]}"
  mutable = true
}
data "coder_parameter" "tags" {
  name = "tags"
  type = "list(string)"
  form_type = "multi-select"
  default = jsonencode(["a"])
  mutable = true
  option {
    name = "A"
    value = "a"
  }
  option {
    name = "B"
    value = "b"
  }
}
data "coder_parameter" "must" {
  name = "must"
  mutable = true
}
resource "terraform_data" "x" {}
