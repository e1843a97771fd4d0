; What stands between brackets is indented by one step, and the closing bracket stands under the head.

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
] @indent

[">" "}"] @outdent
