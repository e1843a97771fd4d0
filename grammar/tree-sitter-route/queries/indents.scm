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
] @indent.begin

(block [">" "}"] @indent.branch @indent.end)
(arms [">" "}"] @indent.branch @indent.end)
(members [">" "}"] @indent.branch @indent.end)
(schedule_block [">" "}"] @indent.branch @indent.end)
(dates_block [">" "}"] @indent.branch @indent.end)
(list_block [">" "}"] @indent.branch @indent.end)
(prompt_block [">" "}"] @indent.branch @indent.end)
(field_block [">" "}"] @indent.branch @indent.end)
(row_block [">" "}"] @indent.branch @indent.end)
(test_block [">" "}"] @indent.branch @indent.end)
(test_table [">" "}"] @indent.branch @indent.end)
(given_row [">" "}"] @indent.branch @indent.end)

(ERROR) @indent.auto
[(comment) (block_comment) (doc_comment)] @indent.ignore
