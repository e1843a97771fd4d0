; What can be jumped to.

(flow_definition name: (name) @name) @definition.function
(action_definition name: (name) @name) @definition.function
(source_definition name: (name) @name) @definition.function
(table_definition name: (name) @name) @definition.type
(agent_definition name: (name) @name) @definition.constant
(trunk_definition name: (name) @name) @definition.constant
(group_definition name: (name) @name) @definition.constant
(queue_definition name: (name) @name) @definition.constant
(list_definition name: (name) @name) @definition.constant
(dates_definition name: (name) @name) @definition.constant
(schedule_definition name: (name) @name) @definition.constant
(prompt_definition name: (name) @name) @definition.constant
(input_definition name: (name) @name) @definition.constant
(test_definition title: (string) @name) @definition.test

(go_step flow: (name) @name) @reference.function
(do_step flow: (name) @name) @reference.function
(action_step action: (name) @name) @reference.function
(lookup_step source: (name) @name) @reference.function
