; Where names are defined, where they are seen, and where they are used.

[
  (flow_definition)
  (arm)
  (collect_step)
  (lookup_step)
] @local.scope

(flow_definition name: (name) @local.definition.function)
(action_definition name: (name) @local.definition.function)
(source_definition name: (name) @local.definition.function)
(table_definition name: (name) @local.definition.type)
(agent_definition name: (name) @local.definition.var)
(trunk_definition name: (name) @local.definition.var)
(group_definition name: (name) @local.definition.var)
(queue_definition name: (name) @local.definition.var)
(extern_definition name: (name) @local.definition.var)
(list_definition name: (name) @local.definition.constant)
(dates_definition name: (name) @local.definition.constant)
(schedule_definition name: (name) @local.definition.constant)
(prompt_definition name: (name) @local.definition.constant)
(input_definition name: (name) @local.definition.var)
(parameter name: (field_name) @local.definition.parameter)
(capture name: (name) @local.definition.var)
(as_option name: (name) @local.definition.var)

(name) @local.reference
(list_name) @local.reference
(value_name) @local.reference
