-- What scripts/crm.route asks. The server only reads: `callroute` needs no more than this.
create table customers (
  number text primary key,     -- E.164: +14155550123
  tier text not null check (tier in ('gold', 'silver')),
  owner text not null,
  name text not null,
  contacts text not null       -- telephone numbers and SIP addresses, separated by commas
);
create table accounts (number text, pin text, balance numeric not null, primary key (number, pin));
insert into customers values ('+14155550123', 'gold', 'ana', 'Ada Lovelace', '+13125550188, sip:ada@example.com');
insert into accounts values ('+14155550123', '0042', 12.5);
grant select on customers, accounts to callroute;
