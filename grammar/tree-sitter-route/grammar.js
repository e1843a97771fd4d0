/**
 * The grammar of `.route` for editors: what is coloured, folded, indented and selected while the text is being written.
 *
 * The truth is `grammar/route.pest` with the builder behind it. This grammar holds the same language, and a test reads every
 * script of the project with both and compares what they accept and how they divide it. It knows the form of the
 * language only; what a name means, and whether a number can be rung, is told by `callroute check` and the server.
 *
 * Two habits keep it small:
 *   - words that mean something in their place only (`busy`, `found`, `gold`) are names here, coloured by the queries;
 *   - where a step's option and the head of the next arm may both follow (`gold => group a record => hangup`), both are
 *     tried, and the arrow decides.
 *
 * After a change: `cargo run -p tree-sitter-route --example generate`.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

/** A keyword in any case of its letters, known to queries by its small ones. */
function kw(word) {
  return alias(token_of(word), word);
}

/** The token of a keyword. */
function token_of(word) {
  return new RegExp(word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`));
}

/** Either kind of bracket around the same thing. */
function block_of(inside) {
  return choice(seq('<', inside, '>'), seq('{', inside, '}'));
}

/** Entries with `;` before, between and after them, or without. */
function entries(entry) {
  return repeat(choice(entry, ';'));
}

function list(entry) {
  return seq(entry, repeat(seq(',', entry)));
}

/** What may stand behind whoever is rung. */
function ringing($) {
  return [repeat($._dial_option), optional($.arms), optional($._else)];
}

/** A member of a group: who, and how. */
function member_of($, address) {
  return prec.right(seq(
    optional(field('share', $.percent)),
    choice(seq(kw('agent'), field('agent', choice($.name, $.string))), field('address', address)),
    repeat(choice($.after_option, $.for_option, $.confirm_option)),
  ));
}

const STEPS = ['when', 'switch', 'menu', 'collect', 'repeat', 'retry', 'group', 'agent', 'queue', 'dial', 'ring', 'lookup', 'split', 'say',
  'play', 'voicemail', 'hangup', 'reject', 'redirect', 'go', 'do', 'tag', 'set'];
const DEFINITIONS = ['zone', 'country', 'fallback', 'limit', 'import', 'trunk', 'list', 'dates', 'schedule', 'prompt', 'table', 'source',
  'input', 'action', 'extern', 'flow', 'test'];
const OPERATORS = ['else', 'not', 'and', 'or', 'is', 'in', 'as', 'from', 'to', 'hours', 'on', 'true', 'false'];
const OPTIONS = ['for', 'until', 'caller', 'announce', 'confirm', 'music', 'record', 'header', 'codecs', 'media', 'via', 'box', 'within',
  'wait', 'gap', 'tries', 'ending', 'permanent'];
/** Words that describe days, so that no dates can be meant by them. */
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** What other languages and other people call them; no dates can be meant by these. */
const LONG_NAMES = ['weekday', 'weekdays', 'weekend', 'weekends', 'everyday', 'always', 'open', 'monday', 'tuesday', 'tues', 'wednesday', 'weds', 'thursday', 'thurs', 'thur', 'friday', 'saturday', 'sunday', 'january',
  'february', 'march', 'april', 'june', 'july', 'august', 'september', 'sept', 'october', 'november', 'december'];
const DATE_WORDS = ['daily', 'easter', 'last', 'every', 'closed', 'until', 'observed', 'workday', 'workdays', 'month'];

const RESERVED = [...STEPS, ...DEFINITIONS, ...OPERATORS];
/** Words that begin what is expected; in a table of tests they may be values as well. */
const EXPECTED = ['menu', 'collect', 'lookup', 'ended', 'group', 'agent', 'queue', 'dial', 'ring', 'voicemail', 'hangup', 'reject', 'redirect',
  'say', 'play', 'tag'];
const REASONS = ['busy', 'declined', 'unavailable'];
/** Options that may follow a whole step, where the head of an arm may follow as well. */
const AFTER_A_STEP = ['for', 'until', 'caller', 'announce', 'confirm', 'music', 'record', 'header', 'codecs', 'media', 'via', 'box', 'each',
  'permanent'];

function any_case(words) {
  return words.map((word) => `${word.split('').map((c) => (/[a-z]/.test(c) ? `[${c}${c.toUpperCase()}]` : c)).join('')}`).join('|');
}

const DAY = any_case(DAYS);
const MONTH = any_case(MONTHS);
const LONG = any_case(LONG_NAMES);
/** Single digits and ascending ranges. */
const CLASS = `\\[(${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `${n}(-[${n}-9])?`).join('|')})+\\]`;

module.exports = grammar({
  name: 'route',

  word: ($) => $.name,

  extras: ($) => [/[ \t\r\n]/, $.doc_comment, $.comment, $.block_comment],

  reserved: {
    // No name may be one of these.
    names: () => RESERVED.map(token_of),
    // Names of actions, sources, tables and prompts: not the word of an option either.
    callables: () => [...RESERVED, ...OPTIONS].map(token_of),
    // Names of dates where days are told.
    dates: ($) => [...[...RESERVED, ...DATE_WORDS].map(token_of), $.weekday, $._february, $._short_month, $._long_month, $._long_name],
    // To the right of a comparison.
    operands: () => ['not', 'else'].map(token_of),
    // Heads of arms.
    heads: () => ['not', 'else', 'default'].map(token_of),
    // Values of an enumeration.
    values: () => ['missing', 'not', 'else', 'default'].map(token_of),
    // Columns of tests before the last one.
    columns: () => ['expect'].map(token_of),
    // Anything goes: fields, languages, codecs.
    words: () => [],
  },

  supertypes: ($) => [$._definition, $._step],

  conflicts: ($) => [
    // An option, or the head of the next arm.
    [$.ring_step], [$.redirect_step], [$.voicemail_step], [$.dial_step], [$.queue_step], [$.agent_step], [$.group_step], [$.reject_step],
    // A comma goes on with a list, or with the list around it.
    [$.nth_day], [$._months], [$._intervals],
    // `mon - fri`, or `mon` and the sign of an offset.
    [$.month_range, $._months], [$.weekday_range, $._weekdays],
    // `;` before the first entry of a block that may hold either.
    [$.block, $._some_arms],
    // A cell: a value, or an action that is expected; a moment with a zone, or a word in the next row.
    [$.action_step, $._pattern_value], [$.moment],
  ],

  rules: {
    file: ($) => entries($._item),

    _item: ($) => choice($._definition, $._step),

    doc_comment: () => token(prec(1, /\/\/\/[^\n]*/)),
    comment: () => token(/\/\/[^\n]*/),
    block_comment: () => token(/\/\*[^*]*\*+([^/*][^*]*\*+)*\//),

    // -------------------------------------------------------------------------------------------- blocks and arms

    block: ($) => block_of(entries($._step)),
    arms: ($) => block_of(entries($.arm)),
    // Where steps may stand as well, an empty block is one of steps.
    _some_arms: ($) => block_of(seq(repeat(';'), $.arm, entries($.arm))),

    arm: ($) => seq(list(field('head', $._head)), optional($.capture), '=>', field('body', choice($.block, $._step))),
    capture: ($) => seq(kw('as'), field('name', $.name)),
    _head: ($) => choice(
      $.string, $.uri, $.percent, $.duration, $.decimal, $.integer, alias($._status, $.integer), $.phone, $.pattern, $.keys, $.paren,
      reserved('heads', alias($.name, $.value_name)),
      // These are keywords after a whole step.
      alias(choice(...[...AFTER_A_STEP, ...REASONS].map(token_of)), $.value_name),
    ),

    // It belongs to the nearest step that may carry one.
    else_clause: ($) => prec(1, seq(kw('else'), field('body', choice($.block, $._step)))),
    _else: ($) => field('otherwise', $.else_clause),

    // -------------------------------------------------------------------------------------------- steps

    _step: ($) => choice(
      $.when_step, $.switch_step, $.menu_step, $.collect_step, $.repeat_step, $.retry_step, $.group_step, $.agent_step, $.queue_step,
      $.dial_step, $.ring_step, $.lookup_step, $.split_step, $.say_step, $.play_step, $.voicemail_step, $.hangup_step, $.reject_step,
      $.redirect_step, $.go_step, $.do_step, $.tag_step, $.set_step, $.action_step,
    ),

    when_step: ($) => prec.right(seq(kw('when'), field('condition', $._condition), field('body', $.block), optional($._else))),
    switch_step: ($) => prec.right(seq(kw('switch'), field('subject', $._value), $.arms, optional($._else))),
    menu_step: ($) => prec.right(seq(kw('menu'), repeat($._menu_option), $.arms, optional($._else))),
    collect_step: ($) => prec.right(seq(
      kw('collect'), field('digits', $._count), optional(seq(kw('to'), field('most', $._count))), choice(kw('digits'), kw('digit')),
      repeat($._collect_option), $.as_option, repeat($._collect_option),
      choice($.block, alias($._some_arms, $.arms)), optional($._else),
    )),
    repeat_step: () => kw('repeat'),
    retry_step: () => kw('retry'),
    group_step: ($) => seq(kw('group'), field('target', $._target), ...ringing($)),
    agent_step: ($) => seq(kw('agent'), field('target', $._target), ...ringing($)),
    queue_step: ($) => seq(kw('queue'), field('target', $._target), ...ringing($)),
    dial_step: ($) => seq(kw('dial'), field('number', $._dialled), optional($.via_option), ...ringing($)),
    ring_step: ($) => seq(
      kw('ring'), $.strategy, repeat(choice($._dial_option, $.each_option)), alias($._ring_members, $.members), ...ringing($),
    ),
    lookup_step: ($) => prec.right(seq(
      kw('lookup'), field('source', reserved('callables', $.name)), $.arguments, repeat($.within_option), $.as_option, repeat($.within_option),
      choice($.block, alias($._some_arms, $.arms)), optional($._else),
    )),
    split_step: ($) => seq(kw('split'), kw('by'), choice(kw('call'), kw('from')), optional(field('label', $.string)), $.arms),
    say_step: ($) => seq(kw('say'), field('prompt', choice($.template, $.paren, $.name))),
    play_step: ($) => seq(kw('play'), field('file', choice($.string, $.paren))),
    voicemail_step: ($) => seq(
      kw('voicemail'), field('greeting', $._text), repeat(choice($.box_option, $.for_option)), optional($.arms), optional($._else),
    ),
    hangup_step: () => kw('hangup'),
    reject_step: ($) => seq(
      kw('reject'), optional(field('reason', choice(...REASONS.map(kw), alias($._status, $.integer), $.paren))),
      optional(field('text', $.template)),
    ),
    redirect_step: ($) => seq(kw('redirect'), field('number', $._dialled), optional(kw('permanent'))),
    go_step: ($) => prec.right(seq(kw('go'), field('flow', $.name), optional($.arguments))),
    do_step: ($) => prec.right(seq(kw('do'), field('flow', $.name), optional($.arguments))),
    tag_step: ($) => seq(kw('tag'), field('text', choice($.template, $.paren, $.field, $.name))),
    set_step: ($) => seq(kw('set'), choice(
      seq(kw('caller'), kw('name'), kw('to'), field('value', choice($.template, $.paren, $.field, $.name))),
      seq(field('field', $.name), kw('to'), field('value', $._set_value)),
    )),
    _set_value: ($) => choice(
      $.string, $.uri, $.field, $.flag, $.percent, $.duration, $.decimal, $.integer, $.phone, $.paren, kw('from'), kw('to'),
      reserved('words', alias($.name, $.value_name)),
    ),
    action_step: ($) => prec.right(seq(field('action', reserved('callables', $.name)), $.arguments, optional($._else))),

    arguments: ($) => seq('(', optional(list($._value)), ')'),

    // -------------------------------------------------------------------------------------------- options

    _menu_option: ($) => choice($.template, $.paren, field('prompt', $.name), $.say_option, $.play_option, $.wait_option, $.gap_option, $.tries_option),
    _collect_option: ($) => choice($._menu_option, $.ending_option, $.secret_option),
    say_option: ($) => seq(kw('say'), field('prompt', choice($.template, $.paren, $.name))),
    play_option: ($) => seq(kw('play'), field('file', choice($.string, $.paren))),
    wait_option: ($) => seq(kw('wait'), $._duration),
    gap_option: ($) => seq(kw('gap'), $._duration),
    tries_option: ($) => seq(kw('tries'), $._count),
    ending_option: ($) => seq(kw('ending'), $._key),
    as_option: ($) => seq(kw('as'), field('name', $.name)),
    secret_option: () => kw('secret'),
    within_option: ($) => seq(kw('within'), $._duration),
    box_option: ($) => seq(kw('box'), field('box', $._target)),

    _dial_option: ($) => choice(
      $.for_option, $.until_option, $.caller_option, $.announce_option, $.confirm_option, $.music_option, $.record_option, $.header_option,
      $.codecs_option, $.media_option,
    ),
    for_option: ($) => seq(kw('for'), $._duration),
    until_option: ($) => seq(kw('until'), $.time),
    caller_option: ($) => seq(kw('caller'), choice(seq(kw('id'), $._dialled), seq(kw('name'), choice($.template, $.paren, $.field, $.name)))),
    announce_option: ($) => seq(kw('announce'), choice($.template, $.paren, $.field, $.name)),
    confirm_option: ($) => seq(kw('confirm'), $._key),
    music_option: ($) => seq(kw('music'), $._text),
    record_option: () => kw('record'),
    header_option: ($) => seq(kw('header'), field('header', $.string), field('value', $._text)),
    codecs_option: ($) => prec.right(seq(kw('codecs'), list(reserved('words', alias($.name, $.value_name))))),
    media_option: () => seq(kw('media'), kw('relay')),
    via_option: ($) => prec.right(seq(kw('via'), list(field('trunk', $._target)))),
    each_option: ($) => seq(kw('each'), $._duration),
    after_option: ($) => seq(kw('after'), $._duration),
    max_wait_option: ($) => seq(kw('max'), kw('wait'), $._duration),
    max_length_option: ($) => seq(kw('max'), kw('length'), $._count),
    position_option: ($) => seq(kw('announce'), kw('position'), kw('every'), $._duration),
    leave_option: () => seq(kw('leave'), kw('when'), kw('empty')),

    strategy: () => choice(
      kw('all'), seq(kw('in'), kw('order')), seq(kw('in'), kw('turn')), seq(kw('at'), kw('random')), seq(kw('by'), kw('weight')),
      seq(kw('longest'), kw('idle')),
    ),
    members: ($) => block_of(entries($.member)),
    member: ($) => member_of($, $._address),
    // Only what is rung in place may be computed.
    _ring_members: ($) => block_of(entries(alias($._ring_member, $.member))),
    _ring_member: ($) => member_of($, choice($._address, $.paren)),
    _address: ($) => choice($.uri, $.integer, $.phone, $.string, $._no_name),

    _target: ($) => choice($.name, $.string, $.paren),
    _dialled: ($) => choice($.uri, $.field, kw('from'), $.name, $.integer, $.phone, $.pattern, $.string, $.paren),
    _text: ($) => choice($.string, $.paren, $.field, $.name),
    _duration: ($) => choice($.duration, $.paren, $.field, $.name),
    _count: ($) => choice($.integer, $.paren, $.field, $.name),
    _key: ($) => choice($.keys, $.integer, $.phone, $.string, $.paren, $.name),

    // -------------------------------------------------------------------------------------------- values

    _value: ($) => choice(
      $.string, $.uri, $.field, $.flag, $.percent, $.duration, $.decimal, $.integer, $.phone, $.paren, kw('from'), kw('to'), $.name,
    ),
    // Where patterns and any word may stand.
    _pattern_value: ($) => choice(
      $.string, $.uri, $.field, $.flag, $.percent, $.duration, $.decimal, $.integer, $.phone, $.pattern, $.paren, kw('from'), kw('to'),
      reserved('operands', alias($.name, $.value_name)),
    ),
    paren: ($) => seq('(', $._value, ')'),
    field: ($) => seq(
      field('row', choice($.name, kw('from'), kw('to'))), token.immediate('.'),
      field('field', reserved('words', alias($.name, $.field_name))),
    ),
    flag: () => choice(kw('true'), kw('false')),

    // Never there. It makes a name known where an address or a zone may stand, so that the lexer, which tells keywords from
    // names by whole words, can tell them there too.
    _no_name: ($) => seq($.name, $._nothing),
    // A sign that no script holds.
    _nothing: () => /\u0001/,
    uri: () => token(prec(1, /([sS][iI][pP][sS]?|[tT][eE][lL]):([^=\s;,<>{}()"]|=[^>\s;,<>{}()"])+/)),
    // Before the plain number, which would take its place where both may stand.
    _status: () => /[3-6][0-9][0-9]/,
    integer: () => /[0-9]+/,
    decimal: () => /-[0-9]+(\.[0-9]+)?|[0-9]+\.[0-9]+/,
    percent: () => /(100(\.00?)?|[0-9]{1,2}(\.[0-9]{1,2})?)%/,
    duration: () => /[0-9]+h([0-9]+m)?([0-9]+s)?([0-9]+ms)?|[0-9]+m([0-9]+s)?([0-9]+ms)?|[0-9]+s([0-9]+ms)?|[0-9]+ms/,
    phone: () => /\+[0-9]+|\*+[0-9]+/,
    pattern: () => new RegExp(`(\\+?([0-9]|${CLASS})([0-9]|x|${CLASS})*|\\*+[0-9]+)\\*?`),
    // One that begins with `x` is a name in this grammar.
    keys: () => new RegExp(`([0-9*#]|${CLASS})([0-9*#x]|${CLASS})*`),

    // In a list it is the next entry, and no label.
    _quoted_address: () => token(prec(1, /"([sS][iI][pP][sS]?|[tT][eE][lL]):[^"\\\n]*"/)),
    string: ($) => seq('"', repeat(choice($._plain_content, $.escape)), token.immediate('"')),
    _plain_content: () => token.immediate(prec(1, /[^"\\\n]+/)),
    escape: () => token.immediate(/\\(["\\nt]|u\{[0-9A-Fa-f]{1,6}\})/),
    template: ($) => seq('"', repeat(choice($._spoken_content, alias($._spoken_escape, $.escape), $.interpolation)), token.immediate('"')),
    _spoken_content: () => token.immediate(prec(1, /[^"\\\n{}]+/)),
    _spoken_escape: () => token.immediate(/\\(["\\nt{}]|u\{[0-9A-Fa-f]{1,6}\})/),
    interpolation: ($) => seq(token.immediate('{'), choice($.field, kw('from'), kw('to'), $.name), '}'),

    // -------------------------------------------------------------------------------------------- conditions

    _condition: ($) => choice($.or_condition, $.and_condition, $.not_condition, $._question),
    or_condition: ($) => prec.left(1, seq($._condition, kw('or'), $._condition)),
    and_condition: ($) => prec.left(2, seq($._condition, kw('and'), $._condition)),
    not_condition: ($) => prec(3, seq(kw('not'), $._condition)),
    _question: ($) => choice($.hours_condition, $.on_condition, $.paren_condition, $.comparison, $._subject),
    paren_condition: ($) => seq('(', $._condition, ')'),
    _subject: ($) => choice($.uri, $.field, $.flag, kw('from'), kw('to'), $.name),
    comparison: ($) => seq(field('left', $._subject), choice(
      seq($.operator, field('right', $._pattern_value)),
      seq(alias($.list_operator, $.operator), field('right', choice($.values, reserved('operands', alias($.name, $.list_name))))),
    )),
    operator: () => choice(
      kw('is'), seq(kw('is'), kw('not')), seq(kw('starts'), kw('with')), seq(kw('ends'), kw('with')), kw('contains'), kw('above'), kw('below'),
      seq(kw('at'), choice(kw('least'), kw('most'))),
    ),
    list_operator: () => choice(kw('in'), seq(kw('not'), kw('in'))),
    values: ($) => seq('(', list($._pattern_value), ')'),

    hours_condition: ($) => seq(kw('hours'), '(', choice(
      seq(field('schedule', choice($.name, alias(token_of('closed'), $.name), alias($._long_name, $.name))), optional(seq(kw('in'), field('zone', $._any_zone)))),
      seq($._hours_lines, optional(field('zone', $._sure_zone))),
    ), ')'),
    _hours_lines: ($) => seq(
      choice($.schedule_line, alias($._times_line, $.schedule_line)), repeat(seq(choice(',', ';'), $.schedule_line)),
    ),
    on_condition: ($) => seq(kw('on'), '(', list(alias($._unlabelled_dates, $.date_entry)), optional(field('zone', $._sure_zone)), ')'),

    // -------------------------------------------------------------------------------------------- times, days, zones

    _sure_zone: ($) => choice($.zone_name, alias(token_of('utc'), $.zone_name), alias($._odd_zone, $.zone_name), $._no_name),
    _any_zone: ($) => choice($.zone_name, alias($._zone_offset, $.zone_name), reserved('words', alias($.name, $.zone_name))),
    zone_name: () => /[A-Za-z][A-Za-z0-9_]*([+-][A-Za-z0-9_]+)*(\/[A-Za-z][A-Za-z0-9_]*([+-][A-Za-z0-9_]+)*)+/,
    // No zones, but the checker knows what to offer for them.
    _odd_zone: () => /[A-Za-z]+[0-9][A-Za-z0-9]*|[A-Za-z]*[+-][0-9][0-9:]*/,
    _zone_offset: () => /[+-][0-9][0-9:]*/,

    time: () => /([01]?[0-9]|2[0-3])(:[0-5][0-9])?|24(:00)?|(0?[1-9]|1[0-2])(:[0-5][0-9])?[aApP][mM]/,
    interval: ($) => seq($.time, '-', $.time),
    _intervals: ($) => list($.interval),

    // `monday` is no day, and must not be taken for the name of dates.
    _long_name: () => new RegExp(`(${LONG})(-(${LONG}|${DAY}|${MONTH}))?|(${DAY}|${MONTH})-(${LONG})`),
    weekday: () => new RegExp(DAY),
    weekday_range: ($) => choice(new RegExp(`(${DAY})-(${DAY})`), seq($.weekday, '-', $.weekday)),
    _weekdays: ($) => choice($.weekday, $.weekday_range),
    month: ($) => choice($._february, $._short_month, $._long_month),
    _february: () => /[fF][eE][bB]/,
    _short_month: () => new RegExp(any_case(['apr', 'jun', 'sep', 'nov'])),
    _long_month: () => new RegExp(any_case(['jan', 'mar', 'may', 'jul', 'aug', 'oct', 'dec'])),
    month_range: ($) => choice(new RegExp(`(${MONTH})-(${MONTH})`), seq($.month, '-', $.month)),
    _months: ($) => list(choice($.month, $.month_range)),

    schedule_block: ($) => block_of(entries($.schedule_line)),
    schedule_line: ($) => prec.right(seq(
      choice(
        seq(choice($._weekly, list($.date_rule)), choice($._intervals, kw('closed'))),
        seq($._months, kw('closed')),
      ),
      optional($.from_date), optional($.until_date),
    )),
    _times_line: ($) => prec.right(seq($._intervals, optional($.from_date), optional($.until_date))),
    _weekly: ($) => seq(optional($._months), choice(kw('daily'), list($._weekdays))),
    from_date: ($) => seq(kw('from'), $._date),
    until_date: ($) => seq(kw('until'), $._date),

    dates_block: ($) => block_of(entries($.date_entry)),
    date_entry: ($) => prec.right(seq($.date_rule, repeat(choice(field('label', $.string), $.from_date, $.until_date)))),
    _unlabelled_dates: ($) => prec.right(seq($.date_rule, repeat(choice($.from_date, $.until_date)))),
    date_rule: ($) => prec.right(seq(
      choice(
        seq($._date, optional(seq(kw('to'), $._date))), kw('easter'), $.nth_day, $.every_rule,
        field('dates', reserved('dates', $.name)),
      ),
      repeat(choice($.offset, kw('observed'))),
    )),
    offset: ($) => seq(choice('+', '-'), $.integer, choice(kw('days'), kw('day'))),

    _date: ($) => choice($.date, $.yearly_date),
    date: () => new RegExp([
      '[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))',
      '([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29',
    ].join('|')),
    yearly_date: ($) => choice(
      seq(alias($._february, $.month), alias($._day_of_29, $.integer)),
      seq(alias($._short_month, $.month), alias($._day_of_30, $.integer)),
      seq(alias($._long_month, $.month), alias($._day_of_31, $.integer)),
      // `dec 24th` is one word too many, not a day and a name.
      seq($.month, $._suffixed_day, $._nothing),
    ),
    _suffixed_day: () => /[0-9]{1,2}([sS][tT]|[nN][dD]|[rR][dD]|[tT][hH])/,
    _day_of_29: () => /0?[1-9]|[12][0-9]/,
    _day_of_30: () => /0?[1-9]|[12][0-9]|30/,
    _day_of_31: () => /0?[1-9]|[12][0-9]|3[01]/,

    nth_day: ($) => prec.right(seq(
      choice(
        seq(list($._ordinal), $.weekday),
        seq(
          list(choice($._ordinal, alias($._high_ordinal, $.ordinal))), choice(kw('workday'), kw('workdays')),
          optional(seq(kw('except'), field('dates', $.name))),
        ),
      ),
      kw('of'), choice(kw('month'), $._months),
    )),
    _ordinal: ($) => choice($.ordinal, kw('last')),
    // A weekday comes at most five times in a month, a workday at most twenty-three times.
    ordinal: () => /1[sS][tT]|2[nN][dD]|3[rR][dD]|[45][tT][hH]/,
    _high_ordinal: () => /([6-9]|1[0-9]|20)[tT][hH]|21[sS][tT]|22[nN][dD]|23[rR][dD]/,
    every_rule: ($) => prec.right(seq(
      kw('every'), $.integer,
      choice(kw('days'), kw('day'), kw('weeks'), kw('week'), kw('months'), kw('month'), kw('years'), kw('year')),
      kw('from'), $._date, optional($._months), optional(list($._weekdays)),
    )),

    // -------------------------------------------------------------------------------------------- definitions

    _definition: ($) => choice(
      $.zone_definition, $.country_definition, $.fallback_definition, $.limit_definition, $.import_definition, $.agent_definition,
      $.trunk_definition, $.group_definition, $.queue_definition, $.list_definition, $.dates_definition, $.schedule_definition,
      $.prompt_definition, $.table_definition, $.source_definition, $.input_definition, $.action_definition, $.extern_definition,
      $.flow_definition, $.test_definition,
    ),

    _quotable: ($) => choice($.name, $.string),

    zone_definition: ($) => seq(kw('zone'), field('zone', $._any_zone)),
    country_definition: ($) => seq(kw('country'), field('country', reserved('words', alias($.name, $.country_code)))),
    fallback_definition: ($) => seq(kw('fallback'), field('body', choice($.block, $._step))),
    limit_definition: ($) => seq(kw('limit'), kw('turns'), $._value),
    import_definition: ($) => seq(kw('import'), field('path', $.string)),
    agent_definition: ($) => seq(kw('agent'), field('name', $._quotable), '=', choice(
      $.member,
      seq(optional(seq(optional(kw('ring')), $.strategy)), repeat(choice($.for_option, $.each_option)), $.members),
    )),
    trunk_definition: ($) => seq(kw('trunk'), field('name', $._quotable), '=', field('address', $._address)),
    group_definition: ($) => seq(
      kw('group'), field('name', $._quotable), '=', optional(seq(optional(kw('ring')), $.strategy)),
      repeat(choice($.for_option, $.each_option, $.music_option)), $.members,
    ),
    queue_definition: ($) => seq(
      kw('queue'), field('name', $._quotable), '=', optional(seq(optional(kw('ring')), $.strategy)),
      repeat(choice(
        $.for_option, $.each_option, $.music_option, $.max_wait_option, $.max_length_option, $.position_option, $.leave_option,
      )),
      $.members,
    ),
    list_definition: ($) => seq(kw('list'), field('name', $._quotable), '=', choice(seq(kw('csv'), field('file', $.string)), $.list_block)),
    list_block: ($) => block_of(entries($.list_entry)),
    list_entry: ($) => prec.right(seq(
      choice($.string, alias($._quoted_address, $.string), $.uri, $.integer, $.phone, $.pattern, $._no_name),
      optional(field('label', $.string)), optional($.until_date),
    )),
    dates_definition: ($) => seq(
      kw('dates'), field('name', choice(reserved('dates', $.name), $.string)), '=', choice(seq(kw('ics'), field('file', $.string)), $.dates_block),
    ),
    schedule_definition: ($) => seq(
      kw('schedule'), field('name', $._quotable), '=', optional(seq(kw('in'), field('zone', $._any_zone))), $.schedule_block,
    ),
    prompt_definition: ($) => seq(kw('prompt'), field('name', choice(reserved('callables', $.name), $.string)), '=', $.prompt_block),
    prompt_block: ($) => block_of(entries($.prompt_entry)),
    prompt_entry: ($) => choice(
      seq(kw('play'), field('file', $.string)),
      seq(field('language', $._language), choice(field('text', $.template), seq(kw('play'), field('file', $.string)))),
    ),
    // The long name is here so that it is a token of the grammar, as what is reserved has to be.
    _language: ($) => choice(reserved('words', alias($.name, $.language)), alias($._long_name, $.language)),
    table_definition: ($) => seq(kw('table'), field('name', choice(reserved('callables', $.name), $.string)), '=', choice(
      seq(kw('csv'), field('file', $.string), $.table_key, $.field_block),
      seq($.table_key, $.field_block, $.row_block),
    )),
    table_key: () => seq(kw('key'), choice(kw('prefix'), kw('exact'))),
    field_block: ($) => block_of(entries($.field_definition)),
    field_definition: ($) => seq(
      field('name', reserved('words', alias($.name, $.field_name))), optional(seq('=', field('column', $.string))), ':', field('type', $._field_type),
    ),
    row_block: ($) => block_of(entries($.row)),
    row: ($) => prec.right(seq(field('key', $._pattern_value), optional(list(field('value', $._pattern_value))))),
    source_definition: ($) => seq(kw('source'), field('name', reserved('callables', $.name)), $.parameters, '=', $.field_block),
    parameters: ($) => seq('(', optional(list($.parameter)), ')'),
    parameter: ($) => seq(field('name', reserved('words', alias($.name, $.field_name))), ':', field('type', $._parameter_type)),
    input_definition: ($) => prec.right(seq(
      kw('input'), field('name', $.name), '=', field('type', $._field_type),
      repeat(choice($.input_default, $.input_header)),
    )),
    input_default: ($) => seq(kw('default'), $._set_value),
    input_header: ($) => seq(kw('from'), kw('header'), field('header', $.string)),
    action_definition: ($) => prec.right(seq(kw('action'), field('name', reserved('callables', $.name)), $.parameters, optional(kw('settles')))),
    extern_definition: ($) => seq(kw('extern'), choice(kw('group'), kw('agent'), kw('queue'), kw('trunk')), field('name', $._quotable)),
    flow_definition: ($) => seq(kw('flow'), field('name', $.name), optional($.flow_parameters), field('body', $.block)),
    flow_parameters: ($) => seq('(', optional(list(alias($.flow_parameter, $.parameter))), ')'),
    flow_parameter: ($) => seq(field('name', reserved('words', alias($.name, $.field_name))), ':', field('type', $._flow_type)),

    _field_type: ($) => choice($.type, $.one_of),
    _parameter_type: ($) => choice($.type, $.one_of),
    _flow_type: ($) => choice(alias($.flow_type, $.type), $.one_of),
    type: () => choice(kw('text'), kw('number'), kw('flag'), kw('phone'), kw('phones'), kw('duration')),
    flow_type: () => choice(
      kw('text'), kw('number'), kw('flag'), kw('phone'), kw('duration'), kw('group'), kw('agent'), kw('queue'), kw('trunk'), kw('schedule'),
      kw('dates'), kw('list'),
    ),
    one_of: ($) => prec.right(seq(kw('one'), kw('of'), list(reserved('values', alias($.name, $.value_name))))),

    // -------------------------------------------------------------------------------------------- tests

    test_definition: ($) => seq(kw('test'), field('title', $.string), choice($.test_block, seq(kw('for'), $.columns, $.test_table))),
    test_block: ($) => block_of(entries($._test_line)),
    _test_line: ($) => choice(
      $.at_line, $.from_line, $.to_line, $.language_line, $.given_line, $.press_line, $.timeout_line, $.outcome_line, $.hangup_line, $.wait_line,
      $.expect_line,
    ),
    at_line: ($) => seq(kw('at'), $.moment),
    from_line: ($) => seq(kw('from'), $._pattern_value),
    to_line: ($) => seq(kw('to'), $._pattern_value),
    language_line: ($) => seq(kw('language'), field('language', reserved('words', alias($.name, $.language)))),
    given_line: ($) => seq(kw('given'), choice(
      seq(kw('header'), field('header', $.string), '=', field('value', $.string)),
      seq(field('input', $.name), '=', field('value', $._pattern_value)),
      seq(field('source', $.name), $.arguments, '=', choice($.given_row, kw('missing'), kw('failed'), kw('late'))),
    )),
    given_row: ($) => block_of(entries($.given_field)),
    given_field: ($) => seq(field('name', reserved('words', alias($.name, $.field_name))), ':', field('value', $._pattern_value)),
    press_line: ($) => seq(kw('press'), alias($._pressed, $.keys)),
    _pressed: () => /[0-9*#]+/,
    timeout_line: () => kw('timeout'),
    outcome_line: ($) => prec.right(seq(
      kw('outcome'), field('outcome', reserved('words', alias($.name, $.value_name))), optional(seq(kw('to'), field('contact', $._pattern_value))),
    )),
    hangup_line: () => kw('hangup'),
    wait_line: ($) => seq(kw('wait'), $._duration),
    expect_line: ($) => seq(kw('expect'), $._expectation),
    _expectation: ($) => choice(
      alias(kw('menu'), $.expected), alias(kw('collect'), $.expected),
      seq(kw('lookup'), field('source', $.name)),
      seq(kw('ended'), field('reason', reserved('words', alias($.name, $.value_name)))),
      $.group_step, $.agent_step, $.queue_step, $.dial_step, $.ring_step, $.voicemail_step, $.hangup_step, $.reject_step, $.redirect_step,
      $.action_step, $.say_step, $.play_step, $.tag_step,
    ),
    moment: ($) => choice($.instant, seq($.date, $.clock, optional(field('zone', $._sure_zone)))),
    instant: () => /[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[tT]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([zZ]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])/,
    clock: () => /([01]?[0-9]|2[0-4])(:[0-5][0-9]){0,2}|(0?[1-9]|1[0-2])(:[0-5][0-9]){0,2}[aApP][mM]/,
    columns: ($) => seq(repeat(seq($._column, ',')), choice(alias(kw('expect'), $.column), $._column)),
    _column: ($) => reserved('columns', alias($.name, $.column)),
    test_table: ($) => block_of(entries($.case)),
    // Only the last cell is expected, so that a comma tells what the next row begins with from what the row before expects.
    case: ($) => prec.right(seq(repeat(seq(choice($._cell, $._worded), ',')), choice($._cell, $._expectation))),
    _cell: ($) => choice($.moment, alias($._pressed_keys, $.keys), $._pattern_value),
    _worded: ($) => choice(
      alias($._status, $.integer), alias(choice(...[...EXPECTED, ...REASONS, ...AFTER_A_STEP].map(token_of)), $.value_name),
    ),
    _pressed_keys: () => /[0-9*#]*[*#][0-9*#]*/,

    // The last of all: where a word could be either, the token that comes first wins, and only so are keywords told from names.
    name: () => /[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*/,
  },
});
