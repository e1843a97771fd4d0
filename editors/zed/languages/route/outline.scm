; What the outline lists.

(flow_definition "flow" @context name: (_) @name) @item
(agent_definition "agent" @context name: (_) @name) @item
(trunk_definition "trunk" @context name: (_) @name) @item
(group_definition "group" @context name: (_) @name) @item
(queue_definition "queue" @context name: (_) @name) @item
(list_definition "list" @context name: (_) @name) @item
(dates_definition "dates" @context name: (_) @name) @item
(schedule_definition "schedule" @context name: (_) @name) @item
(prompt_definition "prompt" @context name: (_) @name) @item
(table_definition "table" @context name: (_) @name) @item
(source_definition "source" @context name: (_) @name) @item
(input_definition "input" @context name: (_) @name) @item
(action_definition "action" @context name: (_) @name) @item
(test_definition "test" @context title: (string) @name) @item
