autocmd BufRead,BufNewFile *.route setfiletype route
