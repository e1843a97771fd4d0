-- Drives a headless Neovim with the files of editors/nvim against the real server. See editors/tests/run.
-- Environment: CALLROUTE (the program), WORK (a folder that may be written).

local work, program = vim.env.WORK, vim.env.CALLROUTE
local failed = 0

local function check(what, good, shown)
  io.stdout:write((good and 'ok      ' or 'FAILED  ') .. what .. '\n')
  if not good then
    failed = failed + 1
    io.stdout:write('        ' .. (type(shown) == 'string' and shown or vim.inspect(shown)):gsub('\n', '\n        '):sub(1, 2000) .. '\n')
  end
end

local function finish()
  io.stdout:flush()
  vim.cmd(failed == 0 and 'qa!' or 'cq')
end

local function write(name, text)
  local file = io.open(work .. '/' .. name, 'w')
  file:write(text)
  file:close()
  return work .. '/' .. name
end

local function run()
  require('callroute').setup({ program = program })
  vim.fn.mkdir(work .. '/.git', 'p')
  local script = table.concat({
    'zone America/Chicago',
    '/// The people who sell.',
    'group sales = ring all for 25s < +13125550101; +13125550102 >',
    'schedule office = < mon-fri 9-17 >',
    'when hours(office) < menu < 1 => group sals; 2 =>   group   sales > >',
    'voicemail "closed"',
    '',
  }, '\n')
  vim.cmd('edit ' .. write('main.route', script))
  check('the file is known as a script', vim.bo.filetype == 'route', vim.bo.filetype)
  check('colours: a step', vim.fn.synIDattr(vim.fn.synID(5, 1, 1), 'name') == 'routeStep')
  check('colours: a comment', vim.fn.synIDattr(vim.fn.synID(2, 1, 1), 'name') == 'routeDoc', vim.fn.synIDattr(vim.fn.synID(2, 1, 1), 'name'))
  check('colours: a definition', vim.fn.synIDattr(vim.fn.synID(4, 1, 1), 'name') == 'routeDefinition')
  check('colours: a zone', vim.fn.synIDattr(vim.fn.synID(1, 8, 1), 'name') == 'routeZone', vim.fn.synIDattr(vim.fn.synID(1, 8, 1), 'name'))

  local client
  vim.wait(10000, function()
    client = vim.lsp.get_active_clients()[1]
    return client ~= nil and client.initialized ~= nil and client.server_capabilities ~= nil and next(client.server_capabilities) ~= nil
  end, 20)
  check('the server is attached', client ~= nil and vim.lsp.buf_is_attached(0, client.id), client)
  if not client then
    return
  end

  local function ask(method, params)
    local answers, problem = vim.lsp.buf_request_sync(0, method, params, 10000)
    local answer = answers and answers[client.id]
    return answer and (answer.result or answer.error) or problem
  end
  local document = vim.lsp.util.make_text_document_params()
  local function at(line, column)
    return { textDocument = document, position = { line = line - 1, character = column - 1 } }
  end

  vim.wait(10000, function()
    return #vim.diagnostic.get(0) > 0
  end, 20)
  local faults = vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
  check('a fault is shown where it is', #faults == 1 and faults[1].lnum == 4 and faults[1].col == 39 and faults[1].message:find('sals') ~= nil, faults)

  local capabilities = client.server_capabilities
  local function offered(name)
    if not capabilities[name] then
      check('the server offers ' .. name, false, vim.tbl_keys(capabilities))
    end
    return capabilities[name]
  end

  if offered('completionProvider') then
    local answer = ask('textDocument/completion', at(5, 42)) or {}
    local labels = vim.tbl_map(function(item)
      return item.label
    end, answer.items or answer)
    check('completion offers the group', vim.tbl_contains(labels, 'sales'), labels)
  end
  if offered('hoverProvider') then
    local answer = ask('textDocument/hover', at(5, 62)) or {}
    check('hover shows the comment', vim.inspect(answer):find('The people who sell') ~= nil, answer)
  end
  if offered('definitionProvider') then
    local answer = ask('textDocument/definition', at(5, 62)) or {}
    local place = answer[1] or answer
    check('the definition is found', ((place.range or place.targetSelectionRange or {}).start or {}).line == 2, answer)
  end

  -- The fault is mended, and goes.
  vim.api.nvim_buf_set_lines(0, 4, 5, true, { 'when hours(office) < menu < 1 => group sales; 2 =>   group   sales > >' })
  vim.wait(10000, function()
    return #vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR }) == 0
  end, 20)
  check('a mended fault goes', #vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR }) == 0, vim.diagnostic.get(0))

  if offered('renameProvider') then
    vim.api.nvim_win_set_cursor(0, { 3, 7 })
    local before = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n')
    vim.lsp.buf.rename('team')
    vim.wait(10000, function()
      return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n') ~= before
    end, 20)
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n')
    local _, count = text:gsub('group%s+team', '')
    check('rename changes all uses', count == 3 and not text:find('sales'), text)
  end
  if offered('documentFormattingProvider') then
    local format = vim.lsp.buf.format or vim.lsp.buf.formatting_sync
    format({ timeout_ms = 10000 }, 10000)
    vim.cmd('silent write')
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n')
    vim.fn.system({ program, 'fmt', '--check', vim.fn.expand('%:p') })
    check('what is formatted is as the formatter has it', vim.v.shell_error == 0 and not text:find('=>   group'), text)
  end

  -- What Vim does itself.
  vim.cmd('new')
  vim.bo.filetype = 'route'
  vim.api.nvim_buf_set_lines(0, 0, -1, true, { 'when vip <', 'menu <', '1 => hangup', '>', '> else hangup' })
  vim.cmd('silent normal! gg=G')
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, true)
  check('indentation follows the brackets', vim.deep_equal(lines, { 'when vip <', '  menu <', '    1 => hangup', '  >', '> else hangup' }), lines)
  vim.cmd('bwipe!')

  local broken = write('broken.route', 'hangup\ngrop sales\n')
  vim.bo.errorformat = vim.o.errorformat
  vim.cmd('edit ' .. broken)
  vim.cmd('compiler route')
  vim.o.makeprg = program .. ' check --color never'
  vim.cmd('silent make! ' .. broken)
  local item = vim.tbl_filter(function(entry)
    return entry.valid == 1
  end, vim.fn.getqflist())[1] or {}
  check('faults of :make stand in the list', item.lnum == 2 and item.col == 1 and item.text:find('grop') ~= nil, vim.fn.getqflist())

  vim.lsp.stop_client(vim.lsp.get_active_clients())
  check('the server ends when it is asked to', vim.wait(5000, function()
    return #vim.lsp.get_active_clients() == 0
  end, 20))
end

local good, problem = xpcall(run, debug.traceback)
check('the test ran to its end', good, problem)
finish()
