//! Checking and building a long script, such as a company with many offices has: time should grow as the script does, and after one
//! keystroke in an editor there should be little to do.

use std::fmt::Write;
use std::hint::black_box;

use callroute_analysis::{Cache, NoFiles, analyse, analyse_with};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};

use crate::{Random, checked};

/// Lines of one office.
const OFFICE: usize = 25;

/// A script of so many lines: offices, each with its hours, people, queue, menu and mailbox.
fn script(lines: usize) -> String {
    let mut random = Random(6);
    let mut out = r#"zone America/Chicago
country US
fallback voicemail "front_desk"
input tier = one of gold, silver, none default none
dates us_holidays = < jan 1 observed; last mon of may; jul 4 observed; 1st mon of sep; 4th thu of nov; dec 25 observed >
prompt welcome = < en "Welcome. For sales press 1, for support press 2."; es "Bienvenido. Para ventas pulse 1, para soporte pulse 2." >

"#
    .to_owned();
    let offices = (lines - 10) / (OFFICE + 1);
    let zones = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Europe/London"];
    let mut line = || format!("+1312{}55{:05}", 2 + random.below(8), random.below(100_000)).chars().take(12).collect::<String>();
    out.push_str("switch to <\n");
    for office in 0..offices {
        writeln!(out, "  +1773{:07} => go office_{office}", 2_000_000 + office).unwrap();
    }
    out.push_str("> else voicemail \"front_desk\"\n\n");
    for office in 0..offices {
        let zone = zones[office % zones.len()];
        let (a, b, c) = (line(), line(), line());
        write!(
            out,
            r#"/// Office {office}.
schedule hours_{office} = in {zone} <
  mon-thu 9-12, 13-17:30
  fri 9-15
  us_holidays closed
  dec 24 9-12
>
agent ana_{office} = {a}
agent ben_{office} = in order < sip:ben{office}@pbx.example.com; {b} >
group sales_{office} = ring all for 25s < agent ana_{office}; agent ben_{office}; {c} after 10s >
queue help_{office} = ring longest idle max wait 5m < agent ana_{office}; agent ben_{office} >
list blocked_{office} = < +1900{office:07} "nuisance"; +1976* >
flow office_{office} <
  when from in blocked_{office} or from is anonymous < reject declined "Please show your number." >
  when tier is gold and hours(hours_{office}) < queue help_{office} < timeout => tag "slow {office}"; full => tag "full" > >
  when hours(hours_{office}) <
    menu welcome tries 2 <
      1 => group sales_{office} < busy, no-answer => voicemail "sales" box sales_{office} > else voicemail "sales"
      2 => agent ben_{office} for 20s else voicemail "support" box support_{office}
    > else voicemail "front_desk"
  >
  say "Office {office} is closed."
  voicemail "closed" box box_{office}
>
"#
        )
        .unwrap();
    }
    while out.lines().count() < lines {
        out.push_str("// end\n");
    }
    out
}

/// What a keystroke in the middle of the script makes of it.
fn keystrokes(script: &str) -> [(&'static str, String); 4] {
    let find = |from: usize, what: &str| from + script[from..].find(what).unwrap();
    let flow = find(script.len() / 2, "\nflow ");
    let say = find(flow, "  say \"");
    let with = |at: usize, typed: &str| format!("{}{typed}{}", &script[..at], &script[at..]);
    let closer = find(flow, "\n  >\n") + 3;
    let without_closer = format!("{}{}", &script[..closer], &script[closer + 1..]);
    [
        ("letter", with(say + 7, "x")),
        ("rule", with(say, "  when from is +13125550100 < hangup >\n")),
        ("bracket", without_closer),
        ("quote", with(say + 7, "\"")),
    ]
}

/// From a keystroke to everything that is to be said. Every second keystroke takes back the one before.
fn measure_keystrokes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("keystroke");
    group.sample_size(20).sampling_mode(SamplingMode::Flat);
    let script = script(10_000);
    for (what, edited) in keystrokes(&script) {
        let mut cache = Cache::new();
        let mut analysed = |text: &str| analyse_with("main.route", text, &NoFiles, &mut cache);
        assert_eq!(analysed(&script).diagnostics, analyse("main.route", &script, &NoFiles).diagnostics);
        assert_eq!(analysed(&edited).diagnostics, analyse("main.route", &edited, &NoFiles).diagnostics);
        let mut texts = [&script, &edited].into_iter().cycle();
        group.bench_function(what, |bencher| {
            bencher.iter_with_large_drop(|| analysed(black_box(texts.next().unwrap())));
        });
    }
    group.finish();
}

pub fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for lines in [1_000, 10_000, 40_000] {
        let script = script(lines);
        assert_eq!(script.lines().count(), lines);
        let typed = checked(&script, &NoFiles);
        group.throughput(Throughput::Elements(lines as u64));
        group.bench_function(BenchmarkId::new("parse", lines), |bencher| {
            bencher.iter_with_large_drop(|| callroute_syntax::parse(black_box(&script)));
        });
        group.bench_function(BenchmarkId::new("analyse", lines), |bencher| {
            bencher.iter_with_large_drop(|| analyse("main.route", black_box(&script), &NoFiles));
        });
        group.bench_function(BenchmarkId::new("build", lines), |bencher| {
            bencher.iter_with_large_drop(|| callroute_compiler::build(black_box(&typed)).unwrap());
        });
    }
    group.finish();
    measure_keystrokes(criterion);
}
