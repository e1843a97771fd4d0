; Where names are defined, where they are seen, and where they are used.

[
  (flow_definition)
  (arm)
  (collect_step)
  (lookup_step)
] @local.scope

(flow_definition name: (name) @local.definition)
(action_definition name: (name) @local.definition)
(source_definition name: (name) @local.definition)
(table_definition name: (name) @local.definition)
(agent_definition name: (name) @local.definition)
(trunk_definition name: (name) @local.definition)
(group_definition name: (name) @local.definition)
(queue_definition name: (name) @local.definition)
(extern_definition name: (name) @local.definition)
(list_definition name: (name) @local.definition)
(dates_definition name: (name) @local.definition)
(schedule_definition name: (name) @local.definition)
(prompt_definition name: (name) @local.definition)
(input_definition name: (name) @local.definition)
(parameter name: (field_name) @local.definition)
(capture name: (name) @local.definition)
(as_option name: (name) @local.definition)

(name) @local.reference
(list_name) @local.reference
(value_name) @local.reference
