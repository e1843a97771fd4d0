" `:make %` checks the script, and the faults stand in the quickfix list.
if exists('current_compiler')
  finish
endif
let current_compiler = 'route'
CompilerSet makeprg=callroute\ check\ --color\ never
CompilerSet errorformat=%E%trror[E%n]:\ %m,%W%tarning[%.%#]:\ %m,%I%tint[%.%#]:\ %m,%C%*\\s╭─[\ %f:%l:%c\ ],%C%.%#│%.%#,%-G%.%#
