-- Does in Neovim what a person would, and writes down what is on screen. Runs behind the set-up of server/docs/editors.md.
local seen = {}

local function wait(what, holds)
  local value
  local came = vim.wait(60000, function()
    value = holds()
    return value
  end, 50)
  if not came then error('Not within a minute: ' .. what) end
  return value
end

local function lines(buffer) return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n') end

-- The window that floats over the text.
local function popup()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then return window end
  end
end

local function hover()
  vim.lsp.buf.hover()
  local window = wait('a hover', popup)
  local text = lines(vim.api.nvim_win_get_buf(window))
  vim.api.nvim_win_close(window, true)
  return text
end

local function buffer_like(pattern)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(buffer):match(pattern) then return buffer end
  end
end

local function go_to(name, line, column)
  vim.cmd('edit ' .. name)
  vim.api.nvim_win_set_cursor(0, { line, column })
end

local function drive()
  go_to('a.prompt', 1, 0)
  wait('the server', function() return vim.lsp.buf_get_clients(0)[1] and vim.lsp.buf_get_clients(0)[1].initialized end)
  seen.hover = hover()

  go_to('broken.prompt', 1, 0)
  wait('a diagnostic', function() return #vim.diagnostic.get(0) > 0 end)
  seen.diagnostics = vim.tbl_map(
    function(found) return { line = found.lnum, code = found.code, source = found.source } end,
    vim.diagnostic.get(0)
  )

  go_to('a.prompt', 1, 0)
  vim.lsp.buf.definition()
  local page = wait('a page', function() return buffer_like('/sonde/features/.+%.md$') end)
  wait('its text', function() return vim.api.nvim_buf_is_loaded(page) end)
  seen.page = { name = vim.api.nvim_buf_get_name(page), text = lines(page), readonly = vim.bo[page].readonly }
  seen.choices = #vim.fn.getqflist()
  vim.cmd('only')

  go_to('a.prompt', 1, 0)
  vim.fn.setqflist({}, 'r')
  vim.lsp.buf.references()
  wait('references', function() return #vim.fn.getqflist() > 0 end)
  local files = {}
  for _, item in ipairs(vim.fn.getqflist()) do files[vim.fn.fnamemodify(vim.fn.bufname(item.bufnr), ':t')] = true end
  seen.references = vim.tbl_keys(files)
  vim.cmd('only')

  go_to('a.prompt', 1, 0)
  vim.lsp.buf.rename('greeting')
  local labels = wait('an edit of the labels', function()
    local buffer = buffer_like('/%.sonde/labels%.jsonl$')
    return buffer and lines(buffer) ~= '' and buffer
  end)
  seen.label = vim.fn.json_decode(vim.api.nvim_buf_get_lines(labels, 0, 1, false)[1])
  wait('the label in the hover', function()
    seen.named = hover()
    return seen.named:match('greeting')
  end)
  vim.cmd('wall')

  vim.ui.select = function(items, _, choose) choose(items[1]) end
  vim.lsp.buf.code_action()
  wait('the pin in the hover', function()
    seen.pinned = hover()
    return seen.pinned:match('pinned')
  end)
end

local fine, problem = pcall(drive)
if not fine then seen.error = problem end
vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.SONDE_SEEN)
vim.cmd('qall!')
