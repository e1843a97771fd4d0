-- The server of `.route` scripts: `require('callroute').setup()` in init.lua. Neovim 0.7 and newer.

local M = {}

--- Where the workspace of a script begins: the nearest folder with a `.git` above it, else its own.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ':p:h')
  local git = vim.fn.finddir('.git', folder .. ';')
  if git == '' then
    git = vim.fn.findfile('.git', folder .. ';')
  end
  return git ~= '' and vim.fn.fnamemodify(git, ':p:s?/$??:h') or folder
end

local running = {}

--- Attaches a buffer to the server of its workspace, which is started if need be.
function M.attach(buffer, options)
  local file = vim.api.nvim_buf_get_name(buffer)
  if file == '' or vim.bo[buffer].buftype ~= '' then
    return
  end
  local root = root_of(file)
  local config = vim.tbl_deep_extend('force', {
    name = 'callroute',
    cmd = { options.program, 'lsp' },
    root_dir = root,
    workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } },
    -- What the server's lenses may name.
    init_options = { commands = { 'callroute.tryCall', 'callroute.showGraph' } },
    get_language_id = function()
      return 'route'
    end,
    on_exit = function()
      running[root] = nil
    end,
  }, options.config or {})
  local id
  if vim.lsp.start then
    id = vim.lsp.start(config, { bufnr = buffer })
  else
    running[root] = running[root] or vim.lsp.start_client(config)
    id = running[root]
    if id then
      vim.lsp.buf_attach_client(buffer, id)
    end
  end
  return id
end

--- Draws the call flow of the current script and opens it in the browser.
function M.graph(options)
  local script = vim.fn.expand('%:p')
  local page = vim.fn.tempname() .. '.html'
  local said = vim.fn.system({ options.program, 'graph', script, '-o', page, '--color', 'never' })
  if vim.v.shell_error ~= 0 then
    vim.notify(said, vim.log.levels.ERROR)
  elseif vim.ui.open then
    vim.ui.open(page)
  else
    vim.fn.jobstart({ vim.fn.has('mac') == 1 and 'open' or 'xdg-open', page }, { detach = true })
  end
  return page
end

--- `program`: the program, `callroute` by default. `config`: goes to `vim.lsp.start` as it is (`on_attach`, `capabilities`, …).
function M.setup(options)
  options = vim.tbl_extend('keep', options or {}, { program = 'callroute' })
  -- Lenses over scripts; those over tests are the server's own.
  local function in_terminal(words)
    vim.cmd('botright new')
    vim.fn.termopen(words)
    vim.cmd('startinsert')
  end
  local function path(uri)
    return uri and vim.uri_to_fname(uri) or vim.fn.expand('%:p')
  end
  vim.lsp.commands['callroute.tryCall'] = function(command)
    in_terminal({ options.program, 'call', path((command.arguments or {})[1]) })
  end
  vim.lsp.commands['callroute.showGraph'] = function()
    M.graph(options)
  end
  vim.api.nvim_create_user_command('CallrouteGraph', function()
    M.graph(options)
  end, { desc = 'Draw the call flow of this script' })
  vim.api.nvim_create_user_command('CallrouteCall', function()
    in_terminal({ options.program, 'call', path() })
  end, { desc = 'Take a call through this script' })
  vim.api.nvim_create_user_command('CallrouteTest', function()
    in_terminal({ options.program, 'test', path() })
  end, { desc = 'Run the tests of this script' })
  if vim.fn.executable(options.program) ~= 1 then
    vim.notify('callroute: the program `' .. options.program .. "` was not found; name it: require('callroute').setup({ program = '…' })", vim.log.levels.WARN)
    return
  end
  -- A command and no function: Neovim 0.7 does not call functions for events inside of events.
  M.options = options
  vim.cmd([[
    augroup callroute
      autocmd!
      autocmd FileType route lua require('callroute').attach(tonumber(vim.fn.expand('<abuf>')), require('callroute').options)
    augroup END
  ]])
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].filetype == 'route' then
      M.attach(buffer, options)
    end
  end
  -- With nvim-treesitter, its highlighting instead of the syntax file.
  local known, parsers = pcall(require, 'nvim-treesitter.parsers')
  if known and parsers.get_parser_configs then
    parsers.get_parser_configs().route = {
      install_info = {
        url = 'https://github.com/callroute/callroute',
        location = 'grammar/tree-sitter-route',
        files = { 'src/parser.c' },
        branch = 'main',
      },
      filetype = 'route',
    }
  end
end

return M
