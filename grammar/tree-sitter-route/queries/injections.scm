; Nothing in a script is of another language; comments may have marks such as TODO.

([(comment) (block_comment) (doc_comment)] @injection.content
  (#set! injection.language "comment"))
