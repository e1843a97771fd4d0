; What can be selected and jumped to.

(flow_definition body: (block) @function.inside) @function.around
(test_definition (test_block) @test.inside) @test.around
(test_definition (test_table) @test.inside) @test.around
(arm body: (_) @entry.inside) @entry.around
(parameter) @parameter.inside
[(comment) (doc_comment) (block_comment)] @comment.inside
