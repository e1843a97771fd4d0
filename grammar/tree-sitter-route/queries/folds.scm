; What can be folded: everything between brackets, and comments over several lines.

[
  (block)
  (arms)
  (members)
  (schedule_block)
  (dates_block)
  (list_block)
  (prompt_block)
  (field_block)
  (row_block)
  (test_block)
  (test_table)
  (given_row)
  (block_comment)
] @fold
