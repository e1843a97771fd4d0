" Colours without tree-sitter. The words are those of crates/syntax/src/words.rs; a test compares them.
if exists('b:current_syntax')
  finish
endif

syn case ignore
syn iskeyword @,48-57,_,-

" Words that begin a step.
syn keyword routeStep when switch menu collect repeat retry group agent queue dial ring lookup split say play voicemail
syn keyword routeStep hangup reject redirect go do tag set
" Words that begin a definition (some of them a step as well).
syn keyword routeDefinition zone country fallback limit import agent trunk group queue list dates schedule prompt table
syn keyword routeDefinition source input action extern flow test
" Words that join, negate and compare.
syn keyword routeWord else not and or is in as from to hours on true false
" Options.
syn keyword routeOption for until caller announce confirm music record header codecs media via box within wait gap tries
syn keyword routeOption ending permanent
" Days, and how a ringing, a look-up or a menu ends.
syn keyword routeDay mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec
syn keyword routeOutcome anonymous answered busy declined entered failed found full invalid late missing no-answer
syn keyword routeOutcome redirected timeout unavailable unreachable
" Words that mean something in their place. (The first is a word of `:syn keyword` itself.)
syn match routeContextual "\<contains\>"
syn keyword routeContextual above after all at least most random below by weight call closed csv daily default
syn keyword routeContextual digits duration each easter ends with every exact except flag given ics id order turn key
syn keyword routeContextual language last leave empty longest idle max length month name number observed of one outcome
syn keyword routeContextual phone phones position prefix press priority relay secret settles starts text turns workday
syn keyword routeContextual expect ended

syn match routeRange "\<\%(mon\|tue\|wed\|thu\|fri\|sat\|sun\|jan\|feb\|mar\|apr\|may\|jun\|jul\|aug\|sep\|oct\|nov\|dec\)-\%(mon\|tue\|wed\|thu\|fri\|sat\|sun\|jan\|feb\|mar\|apr\|may\|jun\|jul\|aug\|sep\|oct\|nov\|dec\)\>"
syn match routeName "\%(\<\%(agent\|group\|queue\|trunk\|list\|dates\|schedule\|prompt\|table\|source\|input\|action\|flow\|go\|do\)\s\+\)\@<=[A-Za-z_][A-Za-z0-9_-]*"
syn match routeZone "\<[A-Za-z][A-Za-z0-9_+-]*\%(/[A-Za-z][A-Za-z0-9_+-]*\)\+"
syn match routeAddress @\<\%(sips\=\|tel\):[^ \t;,<>{}()"]\+@
syn match routeNumber "\<\d\+\%(\.\d\+\)\=%\="
syn match routeNumber "\<\%(\d\+\%(ms\|[smh]\)\)\+\>"
syn match routeNumber "\<\d\{1,2}\%(:\d\d\)\{1,2}\%([ap]m\)\=\>\|\<\d\{1,2}[ap]m\>\|\<\d\+\%(st\|nd\|rd\|th\)\>"
syn match routeNumber "\<\d\{4}-\d\d-\d\d\%(T[0-9:.]\+\%(Z\|[+-]\d\d:\d\d\)\=\)\="
syn match routePhone "+\%(\d\|\[[0-9-]\+\]\)[0-9x]*\*\=\|\<\d\+x[0-9x]*\*\=\|\*\d\+"
syn match routeOperator "=>\|="
syn match routeBracket "[<>{}()]"

syn match routeEscape contained @\\\%(["\\nt{}]\|u{\x\{1,6}}\)@
syn match routeInserted contained "{\s*[A-Za-z_][A-Za-z0-9_-]*\%(\.[A-Za-z_][A-Za-z0-9_-]*\)\=\s*}"
syn region routeString start=+"+ skip=+\\.+ end=+"+ oneline contains=routeEscape,routeInserted

syn match routeComment "//.*" contains=routeTodo,@Spell
syn match routeDoc "///.*" contains=routeTodo,@Spell
syn region routeComment start="/\*" end="\*/" contains=routeTodo,@Spell
syn keyword routeTodo contained TODO FIXME XXX NOTE

hi def link routeStep Statement
hi def link routeDefinition Structure
hi def link routeWord Operator
hi def link routeOption Type
hi def link routeDay Constant
hi def link routeRange Constant
hi def link routeOutcome Constant
hi def link routeContextual Special
hi def link routeName Identifier
hi def link routeZone Constant
hi def link routeAddress String
hi def link routeNumber Number
hi def link routePhone Number
hi def link routeOperator Operator
hi def link routeBracket Delimiter
hi def link routeEscape SpecialChar
hi def link routeInserted Identifier
hi def link routeString String
hi def link routeComment Comment
hi def link routeDoc SpecialComment
hi def link routeTodo Todo

let b:current_syntax = 'route'
