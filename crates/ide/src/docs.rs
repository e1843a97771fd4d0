//! What the words of the language mean, in a line each: for hover and completion. `docs/language.md` is the reference.

/// A word of the language, how it is written, and what it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WordDoc {
    /// The word, in small letters.
    pub word: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// What it does.
    pub text: &'static str,
}

macro_rules! docs {
    ($($word:literal, $form:literal, $text:literal;)*) => { &[$(WordDoc { word: $word, form: $form, text: $text }),*] };
}

/// Words that begin a step.
pub const STEPS: &[WordDoc] = docs! {
    "when", "when CONDITION < STEPS > [else STEP]", "Runs its steps if the condition holds, else what stands behind `else`.";
    "switch", "switch SUBJECT < VALUE, VALUE => STEP; … > [else STEP]", "Runs the first arm that matches the caller, the number called, an input, a row's field, collected digits.";
    "menu", "menu [PROMPT…] [wait 5s] [gap 2s] [tries 3] < 1 => STEP; … > [else STEP]", "Plays its prompts and waits for a key. `timeout` and `invalid` may be arms; `else` runs when the tries are used up.";
    "collect", "collect 4 digits [PROMPT…] [ending #] as NAME [secret] < STEPS > [else STEP]", "Asks the caller for digits. In the block the name stands for them.";
    "repeat", "repeat", "In a menu or collect: plays it again and uses no try.";
    "retry", "retry", "In a menu or collect: counts as a wrong choice and plays it again.";
    "group", "group NAME [for 20s] [< busy, no-answer => STEP; … >] [else STEP]", "Rings a group. It settles the call when somebody answers.";
    "agent", "agent NAME [for 20s] [< busy => STEP; … >] [else STEP]", "Rings one person. It settles the call when the person answers.";
    "queue", "queue NAME [for 5m] [< full => STEP; timeout => STEP; 1 => STEP >] [else STEP]", "Puts the caller into a queue.";
    "dial", "dial NUMBER [via TRUNK, TRUNK] [for 20s] [< busy => STEP; … >] [else STEP]", "Rings a number or an address.";
    "ring", "ring all [for 15s] < MEMBERS > [< OUTCOMES >] [else STEP]", "Rings a group that is written in place.";
    "lookup", "lookup NAME(ARG, …) as ROW [within 300ms] < STEPS > [else STEP]", "Asks a source or a table for a row; in the block the row's fields are values.";
    "split", "split by call [\"label\"] < 70% => STEP; 30% => STEP >", "Divides the calls by shares; one call always falls to the same share.";
    "say", "say TEXT", "Speaks a text or a prompt. It rides along with the next instruction.";
    "play", "play \"file.wav\"", "Plays a recording. It rides along with the next instruction.";
    "voicemail", "voicemail TEXT [box NAME] [for 2m] [< full => STEP; failed => STEP >] [else STEP]", "Takes a message; TEXT is the greeting. It settles the call.";
    "hangup", "hangup", "Ends the call.";
    "reject", "reject [busy | declined | unavailable | CODE] [TEXT]", "Refuses the call with a SIP status: busy 486, declined 603, unavailable 480.";
    "redirect", "redirect NUMBER [permanent]", "Tells the caller's side to call another address: SIP 302, or 301 if permanent.";
    "go", "go FLOW[(ARG, …)]", "Goes on in another flow and does not come back.";
    "do", "do FLOW[(ARG, …)]", "Runs another flow, and goes on behind it if it did not settle the call.";
    "tag", "tag TEXT", "Marks the call for reports.";
    "set", "set FIELD to VALUE", "Writes `priority`, `language`, `caller name` or an input.";
};

/// Words that begin a definition.
pub const DEFINITIONS: &[WordDoc] = docs! {
    "zone", "zone America/Chicago", "The time zone of schedules that name none.";
    "country", "country US", "How national numbers in events are brought to E.164.";
    "fallback", "fallback voicemail \"front_desk\"", "What is answered when nothing else can be: at the limit of turns, on a fault.";
    "limit", "limit turns 100", "How many events a call may have.";
    "import", "import \"shared/holidays.route\"", "Uses the definitions of another file.";
    "agent", "agent NAME = NUMBER", "A person: one number, or several `in order < … >`.";
    "trunk", "trunk NAME = sip:gw.example.com", "A way out for `dial … via`.";
    "group", "group NAME = ring all for 25s < MEMBERS >", "A ring group: all, in order, in turn, at random, by weight, longest idle.";
    "queue", "queue NAME = ring longest idle max wait 5m < MEMBERS >", "A queue in which callers wait.";
    "list", "list NAME = < NUMBER \"label\" until DATE; … >", "Numbers and patterns for `from in NAME`; also `csv \"file.csv\"`.";
    "dates", "dates NAME = < jan 1 observed; last mon of may; … >", "Days with a name: holidays and the like; also `ics \"file.ics\"`.";
    "schedule", "schedule NAME = [in ZONE] < mon-fri 9-17; us_holidays closed >", "Opening hours for `hours(NAME)`.";
    "prompt", "prompt NAME = < en \"Welcome.\"; es \"Bienvenido.\" >", "What is said, in several languages.";
    "table", "table NAME = csv \"file.csv\" key prefix < column: type; … >", "Rows known when the script is compiled; the longest prefix wins, or equality.";
    "source", "source NAME(arg: type) = < field: type; … >", "Rows that the host looks up: a database, a CRM.";
    "input", "input NAME = TYPE [default VALUE] [from header \"X-…\"]", "An attribute of the event.";
    "action", "action NAME(arg: type) [settles]", "A step that the host carries out.";
    "extern", "extern group NAME", "A target that the host knows.";
    "flow", "flow NAME[(param: type)] < STEPS >", "Steps with a name, for `go` and `do`.";
    "test", "test \"title\" < at …; from …; press 1; expect … >", "A call and what it must lead to.";
};

/// Words that join, compare or ask.
pub const OPERATORS: &[WordDoc] = docs! {
    "else", "STEP else STEP", "What runs if the step before it did not take.";
    "not", "not CONDITION", "Holds when the condition does not.";
    "and", "CONDITION and CONDITION", "Holds when both do; binds closer than `or`.";
    "or", "CONDITION or CONDITION", "Holds when one of them does.";
    "is", "VALUE is VALUE", "Compares without regard to the case of letters; `is not`, `is missing`, `is anonymous`.";
    "in", "VALUE in (VALUE, …)", "Compares with several values, or with a list: `from in vip`.";
    "as", "as NAME", "Names a row, or keys.";
    "from", "from", "The caller; also `from.user`, `from.host`, `from.name`.";
    "to", "to", "The number called; also `to.user`, `to.host`, `to.name`.";
    "hours", "hours(SCHEDULE)", "Is it open now? A name, or written in place: `hours(mon-fri 9-17 America/Chicago)`.";
    "on", "on(DATES)", "Is today one of these days?";
    "true", "true", "A flag that is set.";
    "false", "false", "A flag that is not set.";
};

/// Options of steps and definitions.
pub const OPTIONS: &[WordDoc] = docs! {
    "for", "for 20s", "How long to ring in all, or how long a message may be.";
    "until", "until 17:15", "Rings to this time of day at most; in lists and schedules: the last day.";
    "caller", "caller id NUMBER", "The number (or `caller name`) that the called side sees.";
    "announce", "announce TEXT", "What the one who answers hears first.";
    "confirm", "confirm 1", "Whoever answers must press this key, so that a mobile's mailbox does not win.";
    "music", "music \"hold\"", "What the caller hears while waiting.";
    "record", "record", "Records the conversation.";
    "header", "header \"Alert-Info\" TEXT", "A SIP header to send.";
    "codecs", "codecs opus, pcmu", "The codecs to offer, in this order.";
    "media", "media relay", "Leads the media through a relay, for endpoints behind NAT.";
    "via", "via TRUNK, TRUNK", "The trunks to use; the next one only when one cannot be reached.";
    "box", "box NAME", "The mailbox.";
    "within", "within 300ms", "How long a look-up may take.";
    "wait", "wait 5s", "How long to wait for the first key.";
    "gap", "gap 2s", "How long to wait for the next key.";
    "tries", "tries 3", "How often a caller may choose wrongly.";
    "ending", "ending #", "The key that ends the digits.";
    "permanent", "permanent", "SIP 301 rather than 302.";
};

/// What ended a step, as heads of arms.
pub const OUTCOMES: &[WordDoc] = docs! {
    "busy", "busy => STEP", "Everybody was busy.";
    "no-answer", "no-answer => STEP", "Nobody answered in time.";
    "declined", "declined => STEP", "The call was refused.";
    "unreachable", "unreachable => STEP", "Nobody could be reached.";
    "redirected", "redirected => redirect (contact)", "The called side gave another address; `contact` is it.";
    "full", "full => STEP", "The queue or the mailbox is full.";
    "empty", "empty => STEP", "Nobody serves the queue.";
    "timeout", "timeout => STEP", "The time is over.";
    "invalid", "invalid => STEP", "A key that is no choice; it counts as a try.";
    "entered", "entered => STEP", "The digits are complete.";
    "found", "found => STEP", "There is a row.";
    "missing", "missing => STEP", "There is no row, or no value.";
    "failed", "failed => STEP", "It could not be done.";
    "late", "late => STEP", "The answer did not come in time.";
};

/// What is known of a word, wherever it may stand; a word that begins a step and a definition gives both.
pub fn of(word: &str) -> impl Iterator<Item = &'static WordDoc> {
    let word = word.to_ascii_lowercase();
    [STEPS, DEFINITIONS, OPERATORS, OPTIONS, OUTCOMES].into_iter().flatten().filter(move |doc| doc.word == word)
}

#[cfg(test)]
mod tests {
    use callroute_syntax::words;

    #[test]
    fn every_word_of_the_grammar_is_explained() {
        for (docs, words) in [
            (super::STEPS, words::STEPS),
            (super::DEFINITIONS, words::DEFINITIONS),
            (super::OPERATORS, words::OPERATORS),
            (super::OPTIONS, words::OPTIONS),
        ] {
            let explained: Vec<&str> = docs.iter().map(|doc| doc.word).collect();
            assert_eq!(explained, words);
        }
    }
}
