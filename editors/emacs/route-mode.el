;;; route-mode.el --- Scripts that decide what happens to a telephone call -*- lexical-binding: t; -*-

;; Author: The Callroute developers
;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages
;; URL: https://github.com/callroute/callroute
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Colours, comments and indentation of `.route' scripts, and `callroute lsp' with Eglot or lsp-mode:
;;
;;     (require 'route-mode)
;;     (add-hook 'route-mode-hook #'eglot-ensure)
;;
;; C-c C-c checks the script, C-c C-t runs its tests, C-c C-g draws its call flow.
;; The words are those of crates/syntax/src/words.rs; a test compares them.

;;; Code:

(require 'compile)

(defgroup route nil "Scripts that decide what happens to a telephone call." :group 'languages)

(defcustom route-program "callroute" "The `callroute' program." :type 'string :group 'route)

(defcustom route-indent-offset 2 "How many columns a block is indented." :type 'integer :safe #'integerp :group 'route)

(defconst route-steps
  '("when" "switch" "menu" "collect" "repeat" "retry" "group" "agent" "queue" "dial" "ring" "lookup"
    "split" "say" "play" "voicemail" "hangup" "reject" "redirect" "go" "do" "tag" "set"))

(defconst route-definitions
  '("zone" "country" "fallback" "limit" "import" "agent" "trunk" "group" "queue" "list" "dates"
    "schedule" "prompt" "table" "source" "input" "action" "extern" "flow" "test"))

(defconst route-operators
  '("else" "not" "and" "or" "is" "in" "as" "from" "to" "hours" "on" "true" "false"))

(defconst route-options
  '("for" "until" "caller" "announce" "confirm" "music" "record" "header" "codecs" "media" "via" "box"
    "within" "wait" "gap" "tries" "ending" "permanent"))

(defconst route-contextual
  '("above" "after" "all" "anonymous" "at" "least" "most" "random" "below" "busy" "by" "weight" "call"
    "closed" "contains" "csv" "daily" "declined" "default" "digits" "duration" "each" "easter" "ends"
    "with" "entered" "every" "exact" "except" "failed" "flag" "found" "full" "given" "ics" "id" "order"
    "turn" "invalid" "key" "language" "last" "late" "leave" "empty" "longest" "idle" "max" "length"
    "missing" "month" "name" "no-answer" "number" "observed" "of" "one" "outcome" "phone" "phones"
    "position" "prefix" "press" "priority" "redirected" "relay" "secret" "settles" "starts" "text"
    "timeout" "turns" "unavailable" "unreachable" "workday" "expect" "ended" "answered" "mon" "tue"
    "wed" "thu" "fri" "sat" "sun" "jan" "feb" "mar" "apr" "may" "jun" "jul" "aug" "sep" "oct" "nov"
    "dec"))

(defun route--words (words)
  "A regular expression for WORDS, in which a hyphen belongs to a word."
  (concat "\\_<" (regexp-opt words t) "\\_>"))

(defconst route-font-lock-keywords
  `(("\\(\\(?:sips?\\|tel\\):[^] \t\n;,<>{}()\"]+\\)" 1 font-lock-string-face)
    ("\\_<[A-Za-z][A-Za-z0-9_+-]*\\(?:/[A-Za-z][A-Za-z0-9_+-]*\\)+" . font-lock-constant-face)
    (,(concat "\\_<\\(flow\\|action\\|source\\|table\\|go\\|do\\)\\_>[ \t]+\\([A-Za-z_][A-Za-z0-9_-]*\\)")
     (1 font-lock-keyword-face) (2 font-lock-function-name-face))
    (,(concat "\\_<\\(agent\\|group\\|queue\\|trunk\\|list\\|dates\\|schedule\\|prompt\\|input\\)\\_>"
              "[ \t]+\\([A-Za-z_][A-Za-z0-9_-]*\\)")
     (1 font-lock-keyword-face) (2 font-lock-variable-name-face))
    (,(concat "\\_<" (regexp-opt '("mon" "tue" "wed" "thu" "fri" "sat" "sun"
                                   "jan" "feb" "mar" "apr" "may" "jun" "jul" "aug" "sep" "oct" "nov" "dec"))
              "-\\(?:[a-z]\\{3\\}\\)\\_>")
     . font-lock-constant-face)
    (,(route--words route-steps) . font-lock-keyword-face)
    (,(route--words route-definitions) . font-lock-keyword-face)
    (,(route--words '("true" "false")) . font-lock-constant-face)
    (,(route--words route-operators) . font-lock-builtin-face)
    (,(route--words route-options) . font-lock-type-face)
    (,(route--words route-contextual) . font-lock-type-face)
    ("\\(?:\\+\\|\\_<\\)[0-9][0-9x:.]*\\(?:ms\\|[smhx%*]\\|am\\|pm\\|st\\|nd\\|rd\\|th\\)?" . font-lock-constant-face)
    ("{ *[A-Za-z_][A-Za-z0-9_.-]* *}" 0 font-lock-variable-name-face prepend))
  "What is coloured how.")

(defvar route-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?/ ". 124b" table)
    (modify-syntax-entry ?* ". 23" table)
    (modify-syntax-entry ?\n "> b" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (modify-syntax-entry ?_ "_" table)
    (modify-syntax-entry ?- "_" table)
    (modify-syntax-entry ?< "(>" table)
    (modify-syntax-entry ?> ")<" table)
    (modify-syntax-entry ?{ "(}" table)
    (modify-syntax-entry ?} "){" table)
    (modify-syntax-entry ?= "." table)
    (modify-syntax-entry ?+ "." table)
    table)
  "Brackets, comments and texts of scripts.")

(defun route--syntax-propertize (start end)
  "The sign > of an arrow between START and END closes nothing."
  (goto-char start)
  (while (re-search-forward "=>" end t)
    (put-text-property (1- (point)) (point) 'syntax-table (string-to-syntax "."))))

(defun route-indent-line ()
  "Indent the line by the brackets around it."
  (interactive)
  (let* ((state (save-excursion (syntax-ppss (line-beginning-position))))
         (inside (save-excursion (back-to-indentation) (nth 3 (syntax-ppss))))
         (closes (save-excursion (back-to-indentation) (looking-at-p "[]>})]")))
         (open (nth 1 state))
         ;; The line of the outermost bracket that opened on that line counts once.
         (column (if open
                     (save-excursion (goto-char open) (+ (current-indentation) (if closes 0 route-indent-offset)))
                   0)))
    (unless inside
      (if (<= (current-column) (current-indentation))
          (indent-line-to column)
        (save-excursion (indent-line-to column))))))

(defun route--run (command &rest words)
  "Run COMMAND of the program on this script with WORDS."
  (save-buffer)
  (compile (mapconcat #'shell-quote-argument
                      (append (list route-program command (buffer-file-name)) words '("--color" "never")) " ")))

(defun route-check () "Check this script." (interactive) (route--run "check"))
(defun route-test () "Run the tests of this script." (interactive) (route--run "test"))
(defun route-graph ()
  "Draw the call flow of this script, and open it in the browser."
  (interactive)
  (save-buffer)
  (let ((page (make-temp-file "callroute-" nil ".html")) (script (buffer-file-name)))
    (with-temp-buffer
      (unless (eq 0 (call-process route-program nil t nil "graph" script "-o" page "--color" "never"))
        (user-error "%s" (buffer-string))))
    (browse-url-of-file page)))

(add-to-list 'compilation-error-regexp-alist-alist '(callroute "^ *╭─\\[ \\(.+\\):\\([0-9]+\\):\\([0-9]+\\) \\]$" 1 2 3))
(add-to-list 'compilation-error-regexp-alist 'callroute)

(defvar route-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'route-check)
    (define-key map (kbd "C-c C-t") #'route-test)
    (define-key map (kbd "C-c C-g") #'route-graph)
    map)
  "Keys of `route-mode'.")

;;;###autoload
(define-derived-mode route-mode prog-mode "Route"
  "Scripts that decide what happens to a telephone call."
  (setq-local comment-start "// ")
  (setq-local comment-end "")
  (setq-local comment-start-skip "\\(?://+\\|/\\*+\\)[ \t]*")
  (setq-local indent-line-function #'route-indent-line)
  (setq-local indent-tabs-mode nil)
  (setq-local electric-indent-chars (append ">})" electric-indent-chars))
  (setq-local syntax-propertize-function #'route--syntax-propertize)
  (setq-local parse-sexp-lookup-properties t)
  (setq-local imenu-generic-expression
              '(("Flows" "^[ \t]*flow[ \t]+\\([A-Za-z_][A-Za-z0-9_-]*\\)" 1)
                ("Tests" "^[ \t]*test[ \t]+\"\\([^\"]*\\)\"" 1)
                (nil "^[ \t]*\\(?:agent\\|group\\|queue\\|trunk\\|list\\|dates\\|schedule\\|prompt\\|table\\|source\\|input\\|action\\)[ \t]+\\([A-Za-z_][A-Za-z0-9_-]*\\)" 1)))
  (setq-local font-lock-defaults '(route-font-lock-keywords nil t)))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.route\\'" . route-mode))

(with-eval-after-load 'eglot
  (defvar eglot-server-programs)
  (add-to-list 'eglot-server-programs (cons 'route-mode (list route-program "lsp"))))

(with-eval-after-load 'lsp-mode
  (defvar lsp-language-id-configuration)
  (declare-function lsp-register-client "lsp-mode")
  (declare-function make-lsp-client "lsp-mode")
  (declare-function lsp-stdio-connection "lsp-mode")
  (declare-function lsp-activate-on "lsp-mode")
  (add-to-list 'lsp-language-id-configuration '(route-mode . "route"))
  (lsp-register-client
   (make-lsp-client :new-connection (lsp-stdio-connection (lambda () (list route-program "lsp")))
                    :activation-fn (lsp-activate-on "route")
                    :server-id 'callroute)))

(provide 'route-mode)
;;; route-mode.el ends here
