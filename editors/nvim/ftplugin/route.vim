" Settings of a buffer with a script.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=s1:/*,mb:*,ex:*/,:///,:// commentstring=//\ %s
setlocal shiftwidth=2 softtabstop=2 expandtab
setlocal matchpairs+=<:>
setlocal formatoptions-=t formatoptions+=croql
setlocal iskeyword+=-
setlocal suffixesadd=.route
setlocal include=^\\s*import
setlocal indentexpr=RouteIndent() indentkeys=0>,0},0),o,O,!^F
compiler route

let b:undo_ftplugin = 'setlocal comments< commentstring< shiftwidth< softtabstop< expandtab< matchpairs< formatoptions< iskeyword< suffixesadd< include< indentexpr< indentkeys< makeprg< errorformat<'

if exists('*RouteIndent')
  finish
endif

" One step more after an opening bracket at a line's end, one less before a closing one.
function RouteIndent() abort
  let above = prevnonblank(v:lnum - 1)
  if above == 0
    return 0
  endif
  let plain = substitute(getline(above), '"\%(\\.\|[^"\\]\)*"\|//.*', '', 'g')
  let indent = indent(above)
  if plain =~# '[<{(]\s*$'
    let indent += shiftwidth()
  endif
  if getline(v:lnum) =~# '^\s*[>})]'
    let indent -= shiftwidth()
  endif
  return max([indent, 0])
endfunction
