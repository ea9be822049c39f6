//+------------------------------------------------------------------+
//|                                                 JournalEntry.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_JOURNALENTRY_MQH
#define MT5CONNECTOR_AGENT_JOURNALENTRY_MQH
#include <MT5Connector/Agent/RecordWriter.mqh>

//+------------------------------------------------------------------+
//| What is known of a command                                     |
//+------------------------------------------------------------------+
enum ENUM_OUTCOME_STATE
  {
   OUTCOME_PENDING=0,
   OUTCOME_EXECUTED=1,
   OUTCOME_REJECTED=2,
   OUTCOME_UNKNOWN=3,
   OUTCOME_VOID=4
  };

//--- what a command changes if it makes no order of its own, and what of it
#define TARGET_NONE 0
#define TARGET_ORDER 1
#define TARGET_POSITION 2
#define TARGET_CANCEL 3
#define WANTS_PRICE 1
#define WANTS_STOPLIMIT 2
#define WANTS_STOP_LOSS 4
#define WANTS_TAKE_PROFIT 8
#define WANTS_LIFETIME 16
#define WANTS_EXPIRATION 32

const string g_targets[]={"none","order","position","cancel"};
const string g_outcomes[]={"pending","executed","rejected","unknown","void"};

//+------------------------------------------------------------------+
//| By what an order or a deal of a command can be known again (docs/protocol.md, 6.4)|
//+------------------------------------------------------------------+
struct SEvidence
  {
   string            symbol;
   string            comment_tag;
   double            volume;
   ulong             magic;
   ulong             position;
   ulong             after_order;
   ulong             after_deal;
   long              broker_ms;
   int               side;
   int               order_kind;
   bool              magic_tag;
   ulong             position_by;
   int               target;
   ulong             target_ticket;
   int               wants;
   double            want_price;
   double            want_stoplimit;
   double            want_stop_loss;
   double            want_take_profit;
   int               want_lifetime;
   long              want_expiration_ms;
  };

//+------------------------------------------------------------------+
//| A command or a tombstone in the journal                        |
//+------------------------------------------------------------------+
struct SJournalEntry
  {
   string            client;
   string            id;
   string            instance;
   string            digest;
   string            outcome;
   SEvidence         evidence;
   long              epoch;
   long              issued_at;
   long              received_ms;
   long              stored_ms;
   long              utc_ms;
   long              sent_ms;
   long              retcode;
   ulong             order;
   long              settled_no;
   long              published_ms;
   ENUM_OUTCOME_STATE state;
   bool              is_command;
   bool              durable;
   bool              acknowledged;
  };

//+------------------------------------------------------------------+
//| Texts of journal entries                                       |
//+------------------------------------------------------------------+
class CEntryWriter
  {
public:
   static void       Head(CJsonWriter &json,const SJournalEntry &entry,const string state,const long done_ms);
   static void       Begin(CJsonWriter &json,const SJournalEntry &entry,const ENUM_OUTCOME_STATE state,const long done_ms,const long retcode,const string comment);
   static string     Pending(const SJournalEntry &entry);
   static string     Tombstone(const string id,const string digest,const long since_utc_ms);
   static void       Aims(CJsonWriter &json,const SEvidence &evidence);
   static string     CommandRecord(const SJournalEntry &entry);
   static string     SettledRecord(const SJournalEntry &entry);
  };
//+------------------------------------------------------------------+
//| The members that all outcomes of a command share               |
//+------------------------------------------------------------------+
static void CEntryWriter::Head(CJsonWriter &json,const SJournalEntry &entry,const string state,const long done_ms)
  {
   json.BeginObject();
   CRecordWriter::Word(json,"id",entry.id);
   CRecordWriter::Word(json,"digest",entry.digest);
   CRecordWriter::Word(json,"state",state);
   CRecordWriter::Integer(json,"epoch",entry.epoch);
   CRecordWriter::Integer(json,"receivedMs",entry.received_ms);
   CRecordWriter::Integer(json,"sentMs",entry.sent_ms);
   CRecordWriter::Integer(json,"doneMs",done_ms);
  }
//+------------------------------------------------------------------+
//| The beginning of an outcome with an answer                     |
//+------------------------------------------------------------------+
static void CEntryWriter::Begin(CJsonWriter &json,const SJournalEntry &entry,const ENUM_OUTCOME_STATE state,const long done_ms,const long retcode,const string comment)
  {
   Head(json,entry,CNames::At(g_outcomes,(int)state,"unknown"),done_ms);
   CRecordWriter::Integer(json,"retcode",retcode);
   CRecordWriter::Word(json,"comment",comment);
  }
//+------------------------------------------------------------------+
//| The outcome of a command without one                           |
//+------------------------------------------------------------------+
static string CEntryWriter::Pending(const SJournalEntry &entry)
  {
   CJsonWriter json;
   Head(json,entry,"pending",0);
   json.EndObject();
   return(json.Whole());
  }
//+------------------------------------------------------------------+
//| The outcome of an id that was never sent and never will be     |
//+------------------------------------------------------------------+
static string CEntryWriter::Tombstone(const string id,const string digest,const long since_utc_ms)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"id",id);
   CRecordWriter::Word(json,"digest",digest);
   CRecordWriter::Word(json,"state","void");
   CRecordWriter::Integer(json,"sinceUtcMs",since_utc_ms);
   json.EndObject();
   return(json.Whole());
  }
//+------------------------------------------------------------------+
//| What tells other commands from market orders and closes        |
//+------------------------------------------------------------------+
static void CEntryWriter::Aims(CJsonWriter &json,const SEvidence &evidence)
  {
   if(evidence.order_kind!=evidence.side)
      CRecordWriter::Word(json,"orderKind",CNames::At(g_kinds,evidence.order_kind,"buy"));
   if(evidence.position_by!=0)
      CRecordWriter::Ticket(json,"positionBy",evidence.position_by);
   if(evidence.target==TARGET_NONE)
      return;
   CRecordWriter::Word(json,"target",CNames::At(g_targets,evidence.target,"none"));
   CRecordWriter::Ticket(json,"targetTicket",evidence.target_ticket);
   CRecordWriter::Integer(json,"wants",evidence.wants);
   CRecordWriter::Number(json,"price",evidence.want_price);
   CRecordWriter::Number(json,"priceStopLimit",evidence.want_stoplimit);
   CRecordWriter::Number(json,"stopLoss",evidence.want_stop_loss);
   CRecordWriter::Number(json,"takeProfit",evidence.want_take_profit);
   CRecordWriter::Integer(json,"lifetime",evidence.want_lifetime);
   CRecordWriter::Integer(json,"expirationBrokerMs",evidence.want_expiration_ms);
  }
//+------------------------------------------------------------------+
//| The record that makes a command durable                        |
//+------------------------------------------------------------------+
static string CEntryWriter::CommandRecord(const SJournalEntry &entry)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"k","command");
   CRecordWriter::Word(json,"c",entry.client);
   CRecordWriter::Word(json,"id",entry.id);
   CRecordWriter::Word(json,"in",entry.instance);
   CRecordWriter::Word(json,"d",entry.digest);
   CRecordWriter::Integer(json,"e",entry.epoch);
   CRecordWriter::Integer(json,"i",entry.issued_at);
   CRecordWriter::Integer(json,"r",entry.received_ms);
   CRecordWriter::Integer(json,"t",entry.stored_ms);
   CRecordWriter::Integer(json,"u",entry.utc_ms);
   json.Name("ev");
   json.BeginObject();
   CRecordWriter::Word(json,"symbol",entry.evidence.symbol);
   CRecordWriter::Word(json,"side",CNames::At(g_sides,entry.evidence.side,"buy"));
   CRecordWriter::Number(json,"volume",entry.evidence.volume);
   CRecordWriter::Ticket(json,"magic",entry.evidence.magic);
   CRecordWriter::Ticket(json,"position",entry.evidence.position);
   CRecordWriter::Word(json,"commentTag",entry.evidence.comment_tag);
   CRecordWriter::Flag(json,"magicTag",entry.evidence.magic_tag);
   CRecordWriter::Ticket(json,"afterOrder",entry.evidence.after_order);
   CRecordWriter::Ticket(json,"afterDeal",entry.evidence.after_deal);
   CRecordWriter::Integer(json,"brokerMs",entry.evidence.broker_ms);
   Aims(json,entry.evidence);
   json.EndObject();
   CRecordWriter::Integer(json,"s",entry.sent_ms);
   json.EndObject();
   return(json.Whole());
  }
//+------------------------------------------------------------------+
//| The record of an outcome, or of a tombstone                    |
//+------------------------------------------------------------------+
static string CEntryWriter::SettledRecord(const SJournalEntry &entry)
  {
   CJsonWriter json;
   json.BeginObject();
   if(!entry.is_command)
     {
      CRecordWriter::Word(json,"k","tombstone");
      CRecordWriter::Word(json,"c",entry.client);
      CRecordWriter::Word(json,"id",entry.id);
      CRecordWriter::Integer(json,"e",entry.epoch);
      CRecordWriter::Integer(json,"i",entry.issued_at);
      CRecordWriter::Integer(json,"t",entry.stored_ms);
      CRecordWriter::Integer(json,"u",entry.utc_ms);
     }
   else
     {
      CRecordWriter::Word(json,"k","outcome");
      CRecordWriter::Word(json,"c",entry.client);
      CRecordWriter::Word(json,"id",entry.id);
      if(entry.acknowledged)
         CRecordWriter::Flag(json,"a",true);
     }
   CRecordWriter::Integer(json,"st",(long)entry.state);
   CRecordWriter::Integer(json,"s",entry.sent_ms);
   CRecordWriter::Integer(json,"rc",entry.retcode);
   CRecordWriter::Ticket(json,"or",entry.order);
   json.Name("o");
   json.Raw(entry.outcome);
   json.EndObject();
   return(json.Whole());
  }
#endif
//+------------------------------------------------------------------+
