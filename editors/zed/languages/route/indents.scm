; What stands between brackets is indented.

(block [">" "}"] @end) @indent
(arms [">" "}"] @end) @indent
(members [">" "}"] @end) @indent
(schedule_block [">" "}"] @end) @indent
(dates_block [">" "}"] @end) @indent
(list_block [">" "}"] @end) @indent
(prompt_block [">" "}"] @end) @indent
(field_block [">" "}"] @end) @indent
(row_block [">" "}"] @end) @indent
(test_block [">" "}"] @end) @indent
(test_table [">" "}"] @end) @indent
(given_row [">" "}"] @end) @indent
