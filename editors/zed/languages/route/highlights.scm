; As grammar/tree-sitter-route/queries/highlights.scm, with the names that Zed has. Where two patterns take the same node, the later one wins in some editors and the earlier one in
; others, so none do.

; ---- comments

[(comment) (block_comment)] @comment
(doc_comment) @comment.doc

; ---- words that begin a step

[
  "menu" "collect" "repeat" "retry" "group" "agent" "queue" "dial" "ring" "lookup" "split" "say" "play" "voicemail" "hangup" "reject"
  "redirect" "do" "tag" "set" "go"
] @keyword

["when" "switch" "else"] @keyword

; ---- words that begin a definition

[
  "zone" "country" "fallback" "limit" "trunk" "list" "dates" "schedule" "prompt" "table" "source" "input" "action" "extern" "flow" "test"
] @keyword

"import" @keyword

; ---- words that join, negate and compare

["not" "and" "or" "is" "in" "as" "starts" "with" "ends" "contains" "above" "below" "at" "least" "most"] @keyword

["hours" "on"] @function.builtin

["from" "to"] @variable.special

[(flag) "true" "false"] @boolean

; ---- options, and words that mean something in their place

[
  "for" "until" "caller" "announce" "confirm" "music" "record" "header" "codecs" "media" "via" "box" "within" "wait" "gap" "tries" "ending"
  "permanent" "id" "name" "relay" "each" "after" "max" "length" "position" "every" "leave" "empty" "secret" "all" "order" "turn" "random"
  "by" "weight" "longest" "idle" "call" "digits" "digit" "csv" "ics" "key" "prefix" "exact" "settles" "turns" "default" "one" "of"
  "closed" "daily" "observed" "easter" "last" "workday" "workdays" "except" "month" "months" "day" "days" "week" "weeks" "year" "years"
] @keyword

["busy" "declined" "unavailable" "missing" "failed" "late"] @constant

; ---- tests

["expect" "given" "press" "outcome" "timeout" "language" "ended"] @keyword
(expected) @keyword

; ---- types

["text" "number" "flag" "phone" "phones" "duration"] @type

; ---- definitions

(agent_definition name: (name) @variable)
(trunk_definition name: (name) @variable)
(group_definition name: (name) @variable)
(queue_definition name: (name) @variable)
(list_definition name: (name) @constant)
(dates_definition name: (name) @constant)
(schedule_definition name: (name) @constant)
(prompt_definition name: (name) @constant)
(table_definition name: (name) @type)
(source_definition name: (name) @function)
(input_definition name: (name) @variable)
(action_definition name: (name) @function)
(flow_definition name: (name) @function)
(extern_definition name: (name) @variable)

; ---- uses

(go_step flow: (name) @function)
(do_step flow: (name) @function)
(action_step action: (name) @function)
(lookup_step source: (name) @function)
(group_step target: (name) @variable)
(agent_step target: (name) @variable)
(queue_step target: (name) @variable)
(via_option trunk: (name) @variable)
(box_option box: (name) @variable)
(member agent: (name) @variable)
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
(given_line source: (name) @function)

((value_name) @constant
  (#any-of? @constant
    "anonymous" "answered" "busy" "declined" "empty" "entered" "failed" "found" "full" "invalid" "late" "missing" "no-answer" "redirected"
    "timeout" "unavailable" "unreachable"))
((value_name) @constant
  (#not-any-of? @constant
    "anonymous" "answered" "busy" "declined" "empty" "entered" "failed" "found" "full" "invalid" "late" "missing" "no-answer" "redirected"
    "timeout" "unavailable" "unreachable"))
(set_step field: (name) @variable.special
  (#any-of? @variable.special "priority" "language"))

; ---- literals

[(string) (template)] @string
(escape) @string.escape
(interpolation ["{" "}"] @punctuation.special) @embedded
(uri) @link_uri
[(phone) (pattern) (keys)] @number
[(integer) (decimal)] @number
[(percent) (duration) (time) (clock)] @number
[(date) (instant) (ordinal)] @number
[(month) (month_range) (weekday) (weekday_range)] @constant
(zone_name) @constant
[(language) (country_code)] @constant

; ---- signs

["<" ">" "{" "}" "(" ")"] @punctuation.bracket
["," ";" ":" "."] @punctuation.delimiter
["=>" "=" "-" "+"] @operator
