;;; emacs.el --- Emacs with Eglot against the real server  -*- lexical-binding: t; -*-
;; See editors/tests/run. Environment: CALLROUTE (the program), WORK (a folder that may be written).

(mapc (lambda (folder) (add-to-list 'load-path folder))
      (file-expand-wildcards "/usr/share/emacs/site-lisp/elpa-src/*"))
(add-to-list 'load-path (expand-file-name "../emacs" (file-name-directory load-file-name)))
(setq make-backup-files nil create-lockfiles nil)

(defvar test-failed 0)
(defun test-check (what good &optional shown)
  "Print WHAT, and whether it is GOOD; SHOWN if it is not."
  (princ (format "%s%s\n" (if good "ok      " "FAILED  ") what))
  (unless good
    (setq test-failed (1+ test-failed))
    (princ (format "        %S\n" shown))))
(defun test-wait (condition)
  "Wait until CONDITION holds, ten seconds at most."
  (let ((n 0))
    (while (and (< n 200) (not (funcall condition)))
      (accept-process-output nil 0.05)
      (setq n (1+ n)))
    (funcall condition)))

(defun test-run ()
  "The test."
  (require 'route-mode)
  (require 'eglot)
  (setq route-program (getenv "CALLROUTE"))
  (setq eglot-server-programs (cons (list 'route-mode route-program "lsp")
                                    (assq-delete-all 'route-mode eglot-server-programs)))
  (setq eglot-sync-connect 20 eglot-connect-timeout 20 debug-on-error nil)
  (let ((file (expand-file-name "main.route" (getenv "WORK"))))
    (with-temp-file file
      (insert "zone America/Chicago\n"
              "group sales = ring all for 25s < +13125550101; +13125550102 >\n"
              "when hours(9-17) < menu < 1 => group sals; 2 =>   group   sales > >\n"
              "voicemail \"closed\" // the end\n"))
    (find-file file)
    (test-check "the file is known as a script" (eq major-mode 'route-mode) major-mode)
    (font-lock-ensure)
    (let ((face (lambda (text) (goto-char (point-min)) (search-forward text) (get-text-property (match-beginning 0) 'face))))
      (test-check "colours: a definition" (eq (funcall face "group") 'font-lock-keyword-face) (funcall face "group"))
      (test-check "colours: its name" (eq (funcall face "sales") 'font-lock-variable-name-face) (funcall face "sales"))
      (test-check "colours: a zone" (eq (funcall face "America") 'font-lock-constant-face) (funcall face "America"))
      (test-check "colours: a text" (eq (funcall face "\"closed") 'font-lock-string-face) (funcall face "\"closed"))
      (test-check "colours: a comment" (memq (funcall face "the end") '(font-lock-comment-face)) (funcall face "the end")))
    (goto-char (point-min))
    (search-forward "menu <")
    (test-check "brackets fit over arrows"
                (save-excursion (backward-char) (forward-sexp) (looking-back "sales >" (line-beginning-position)))
                (point))
    (eglot '(route-mode) (cons 'transient default-directory) 'eglot-lsp-server (list route-program "lsp") "route")
    (test-check "the server is attached" (and (eglot-current-server) t))
    (flymake-mode 1)
    (let ((errors (lambda ()
                    (seq-filter (lambda (fault) (string-match-p "sals" (flymake-diagnostic-text fault))) (flymake-diagnostics)))))
      (test-wait (lambda () (flymake-start) (funcall errors)))
      (let ((fault (car (funcall errors))))
        (test-check "a fault is shown where it is"
                    (and fault (equal (buffer-substring (flymake-diagnostic-beg fault) (flymake-diagnostic-end fault)) "sals"))
                    (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))
      (goto-char (point-min))
      (search-forward "group sa")
      (search-forward "group sa")
      (let ((found (all-completions "sa" (nth 2 (run-hook-with-args-until-success 'completion-at-point-functions)))))
        (test-check "completion offers the group" (member "sales" (mapcar #'substring-no-properties found)) found))
      (search-forward "ls")
      (replace-match "les")
      ;; Without a person there is no idle time, in which changes are told.
      (eglot--signal-textDocument/didChange)
      (test-wait (lambda () (flymake-start) (null (funcall errors))))
      (test-check "a mended fault goes" (null (funcall errors)) (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))
    (search-backward "sales")
    (eglot-rename "team")
    (test-check "rename changes all uses"
                (save-excursion (goto-char (point-min)) (= 3 (how-many "\\_<team\\_>"))) (buffer-string))
    (eglot-format-buffer)
    (save-buffer)
    (test-check "what is formatted is as the formatter has it" (eq 0 (call-process route-program nil nil nil "fmt" "--check" file))
                (buffer-string))
    (eglot-shutdown (eglot-current-server)))
  (with-temp-buffer
    (route-mode)
    (insert "when vip <\nmenu <\n1 => hangup\n>\n> else hangup\n")
    (let ((inhibit-message t)) (indent-region (point-min) (point-max)))
    (test-check "indentation follows the brackets"
                (equal (buffer-string) "when vip <\n  menu <\n    1 => hangup\n  >\n> else hangup\n") (buffer-string))))

(condition-case problem
    (progn (test-run) (test-check "the test ran to its end" t))
  (error (test-check "the test ran to its end" nil problem)))
(kill-emacs (if (= test-failed 0) 0 1))
