; What is coloured how. Where two patterns take the same node, the later one wins in some editors and the earlier one in
; others, so none do.

; ---- comments

[(comment) (block_comment)] @comment
(doc_comment) @comment.documentation

; ---- words that begin a step

[
  "menu" "collect" "repeat" "retry" "group" "agent" "queue" "dial" "ring" "lookup" "split" "say" "play" "voicemail" "hangup" "reject"
  "redirect" "do" "tag" "set" "go"
] @keyword

["when" "switch" "else"] @keyword.conditional

; ---- words that begin a definition

[
  "zone" "country" "fallback" "limit" "trunk" "list" "dates" "schedule" "prompt" "table" "source" "input" "action" "extern" "flow" "test"
] @keyword.type

"import" @keyword.import

; ---- words that join, negate and compare

["not" "and" "or" "is" "in" "as" "starts" "with" "ends" "contains" "above" "below" "at" "least" "most"] @keyword.operator

["hours" "on"] @function.builtin

["from" "to"] @variable.builtin

[(flag) "true" "false"] @boolean

; ---- options, and words that mean something in their place

[
  "for" "until" "caller" "announce" "confirm" "music" "record" "header" "codecs" "media" "via" "box" "within" "wait" "gap" "tries" "ending"
  "permanent" "id" "name" "relay" "each" "after" "max" "length" "position" "every" "leave" "empty" "secret" "all" "order" "turn" "random"
  "by" "weight" "longest" "idle" "call" "digits" "digit" "csv" "ics" "key" "prefix" "exact" "settles" "turns" "default" "one" "of"
  "closed" "daily" "observed" "easter" "last" "workday" "workdays" "except" "month" "months" "day" "days" "week" "weeks" "year" "years"
] @keyword.modifier

["busy" "declined" "unavailable" "missing" "failed" "late"] @constant.builtin

; ---- tests

["expect" "given" "press" "outcome" "timeout" "language" "ended"] @keyword
(expected) @keyword

; ---- types

["text" "number" "flag" "phone" "phones" "duration"] @type.builtin

; ---- definitions

(agent_definition name: (name) @variable.parameter)
(trunk_definition name: (name) @variable.parameter)
(group_definition name: (name) @variable.parameter)
(queue_definition name: (name) @variable.parameter)
(list_definition name: (name) @constant)
(dates_definition name: (name) @constant)
(schedule_definition name: (name) @constant)
(prompt_definition name: (name) @constant)
(table_definition name: (name) @type)
(source_definition name: (name) @function)
(input_definition name: (name) @variable)
(action_definition name: (name) @function)
(flow_definition name: (name) @function)
(extern_definition name: (name) @variable.parameter)

; ---- uses

(go_step flow: (name) @function.call)
(do_step flow: (name) @function.call)
(action_step action: (name) @function.call)
(lookup_step source: (name) @function.call)
(group_step target: (name) @variable.parameter)
(agent_step target: (name) @variable.parameter)
(queue_step target: (name) @variable.parameter)
(via_option trunk: (name) @variable.parameter)
(box_option box: (name) @variable.parameter)
(member agent: (name) @variable.parameter)
(hours_condition schedule: (name) @constant)
(date_rule dates: (name) @constant)
(nth_day dates: (name) @constant)
(list_name) @constant
(say_step prompt: (name) @constant)
(say_option prompt: (name) @constant)
(capture name: (name) @variable)
(as_option name: (name) @variable)
(field row: (name) @variable)
(field_name) @property
(column) @property
(given_line input: (name) @variable)
(given_line source: (name) @function.call)

((value_name) @constant.builtin
  (#any-of? @constant.builtin
    "anonymous" "answered" "busy" "declined" "empty" "entered" "failed" "found" "full" "invalid" "late" "missing" "no-answer" "redirected"
    "timeout" "unavailable" "unreachable"))
((value_name) @constant
  (#not-any-of? @constant
    "anonymous" "answered" "busy" "declined" "empty" "entered" "failed" "found" "full" "invalid" "late" "missing" "no-answer" "redirected"
    "timeout" "unavailable" "unreachable"))
(set_step field: (name) @variable.builtin
  (#any-of? @variable.builtin "priority" "language"))

; ---- literals

[(string) (template)] @string
(escape) @string.escape
(interpolation ["{" "}"] @punctuation.special) @embedded
(uri) @string.special.url
[(phone) (pattern) (keys)] @string.special
[(integer) (decimal)] @number
[(percent) (duration) (time) (clock)] @number
[(date) (instant) (ordinal)] @number
[(month) (month_range) (weekday) (weekday_range)] @constant.builtin
(zone_name) @string.special.symbol
[(language) (country_code)] @constant

; ---- signs

["<" ">" "{" "}" "(" ")"] @punctuation.bracket
["," ";" ":" "."] @punctuation.delimiter
["=>" "=" "-" "+"] @operator
