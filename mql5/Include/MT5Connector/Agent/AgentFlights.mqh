//+------------------------------------------------------------------+
//|                                                 AgentFlights.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTFLIGHTS_MQH
#define MT5CONNECTOR_AGENT_AGENTFLIGHTS_MQH
#include <MT5Connector/Agent/AgentBase.mqh>

//+------------------------------------------------------------------+
//| A command between its journal entry and its certain outcome    |
//+------------------------------------------------------------------+
struct SFlight
  {
   int               slot;
   int               client;
   string            intent;
   string            session;
   string            comment;
   long              n;
   long              not_after;
   bool              staged;
   bool              sent;
   uint              request_id;
   long              retcode;
   ulong             order;
   ulong             deal;
   double            volume;
   double            price;
   long              wait_until;
   bool              told;
   bool              decided;
   bool              dealing;
   long              deals_until;
   long              scans;
   int               deals;
   long              done_ms;
   long              seen_ms;
  };

//+------------------------------------------------------------------+
//| Commands that are under way; writes what becomes of them to the journal and publishes it (docs/protocol.md, 6.3)|
//+------------------------------------------------------------------+
class CAgentFlights : public CAgentBase
  {
protected:
   SFlight           m_flights[];
   SDeal             m_found[];
   long              m_scans;
   bool              m_scan_asked;
   int               Begin(const int slot,const int client);
   void              End(const int flight);
   void              Forget(const int slot);
   int               FindFlight(const int slot) const;
   int               Unanswered(void) const;
   bool              PlacesPending(const int slot) const;
   bool              IsHeld(const int flight) const;
   void              Settle(const int flight,const ENUM_OUTCOME_STATE state,const long retcode,const ulong ticket,const string outcome,const string shown);
   void              Rejected(const int flight,const long retcode,const string comment);
   void              Unknown(const int flight,const long retcode,const string comment);
   void              Executed(const int flight);
   string            ExecutedText(const int flight,bool &complete);
   void              PublishExecuted(const int flight);
   void              FindDeals(const SJournalEntry &entry,const ulong ticket,const ulong deal);
   void              AfterScan(void);
public:
                     CAgentFlights(void);
  };
//+------------------------------------------------------------------+
//| No command is under way                                        |
//+------------------------------------------------------------------+
CAgentFlights::CAgentFlights(void)
  {
   m_scans=0;
   m_scan_asked=false;
  }
//+------------------------------------------------------------------+
//| Takes up a command                                             |
//+------------------------------------------------------------------+
int CAgentFlights::Begin(const int slot,const int client)
  {
   int flight=ArraySize(m_flights);
   if(ArrayResize(m_flights,flight+1,256)!=flight+1)
      return(-1);
   ZeroMemory(m_flights[flight]);
   m_flights[flight].slot=slot;
   m_flights[flight].client=client;
   return(flight);
  }
//+------------------------------------------------------------------+
//| Lets go of a command                                           |
//+------------------------------------------------------------------+
void CAgentFlights::End(const int flight)
  {
   int last=ArraySize(m_flights)-1;
   //--- commands are sent in the order in which they came
   for(int i=flight; i<last; i++)
      m_flights[i]=m_flights[i+1];
   if(ArrayResize(m_flights,last,256)!=last)
      return;
  }
//+------------------------------------------------------------------+
//| The flight of a journal entry, or -1                           |
//+------------------------------------------------------------------+
int CAgentFlights::FindFlight(const int slot) const
  {
   for(int i=0; i<ArraySize(m_flights); i++)
      if(m_flights[i].slot==slot)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| Forgets a command that the journal has dropped                 |
//+------------------------------------------------------------------+
void CAgentFlights::Forget(const int slot)
  {
   int flight=FindFlight(slot);
   if(flight>=0)
      End(flight);
  }
//+------------------------------------------------------------------+
//| Commands that the terminal was handed, or is about to be, and has not answered|
//+------------------------------------------------------------------+
int CAgentFlights::Unanswered(void) const
  {
   int count=0;
   int held=0;
   for(int i=0; i<ArraySize(m_flights); i++)
     {
      if(m_flights[i].told || m_flights[i].decided)
         continue;
      //--- changes that wait for one another must not keep a close waiting behind them
      if(m_flights[i].staged && m_journal.entries[m_flights[i].slot].durable && held<AGENT_HELD_MAX)
         held++;
      else
         count++;
     }
   return(count);
  }
//+------------------------------------------------------------------+
//| Whether a command puts an order into the book                  |
//+------------------------------------------------------------------+
bool CAgentFlights::PlacesPending(const int slot) const
  {
   int kind=m_journal.entries[slot].evidence.order_kind;
   return(kind>=(int)ORDER_TYPE_BUY_LIMIT && kind<=(int)ORDER_TYPE_SELL_STOP_LIMIT);
  }
//+------------------------------------------------------------------+
//| Whether a command must wait for one before it. A change says all levels, those too that it leaves as they are; so it is made|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| when the one before is done, or it would take that back. Nothing overtakes what is held here|
//+------------------------------------------------------------------+
bool CAgentFlights::IsHeld(const int flight) const
  {
   int   slot=m_flights[flight].slot;
   int   target=m_journal.entries[slot].evidence.target;
   ulong ticket=m_journal.entries[slot].evidence.target_ticket;
   if(target==TARGET_NONE)
      return(false);
   for(int i=0; i<flight; i++)
     {
      int before=m_flights[i].slot;
      int other=m_journal.entries[before].evidence.target;
      if(other==TARGET_NONE || (other==TARGET_POSITION)!=(target==TARGET_POSITION) || m_journal.entries[before].evidence.target_ticket!=ticket)
         continue;
      if(m_flights[i].staged || (target!=TARGET_CANCEL && other!=TARGET_CANCEL && !m_flights[i].told))
         return(true);
     }
   return(false);
  }
//+------------------------------------------------------------------+
//| Writes an outcome and publishes it, whether the write succeeded or not: what was done must be told|
//+------------------------------------------------------------------+
void CAgentFlights::Settle(const int flight,const ENUM_OUTCOME_STATE state,const long retcode,const ulong ticket,const string outcome,const string shown)
  {
   int slot=m_flights[flight].slot;
   if(m_flights[flight].decided)
      return;
   m_journal.Settle(slot,state,retcode,ticket,outcome);
   if(!m_journal.Commit())
      Print("MT5Connector: an outcome could not be written to the journal yet");
   m_journal.entries[slot].published_ms=m_now;
   TellOutcome(m_journal.entries[slot].client,shown);
   m_flights[flight].told=true;
   if(state!=OUTCOME_UNKNOWN)
      End(flight);
  }
//+------------------------------------------------------------------+
//| Certain: nothing was done                                      |
//+------------------------------------------------------------------+
void CAgentFlights::Rejected(const int flight,const long retcode,const string comment)
  {
   CJsonWriter json;
   CEntryWriter::Begin(json,m_journal.entries[m_flights[flight].slot],OUTCOME_REJECTED,m_now,retcode,comment);
   json.EndObject();
   string text=json.Whole();
   Settle(flight,OUTCOME_REJECTED,retcode,m_flights[flight].order,text,text);
  }
//+------------------------------------------------------------------+
//| Nobody can tell yet                                            |
//+------------------------------------------------------------------+
void CAgentFlights::Unknown(const int flight,const long retcode,const string comment)
  {
   int slot=m_flights[flight].slot;
   m_flights[flight].wait_until=0;
   if(m_journal.entries[slot].state==OUTCOME_UNKNOWN && m_journal.entries[slot].retcode==retcode)
     {
      m_flights[flight].told=true;
      return;
     }
   CJsonWriter json;
   CEntryWriter::Begin(json,m_journal.entries[slot],OUTCOME_UNKNOWN,m_now,retcode,comment);
   json.EndObject();
   string text=json.Whole();
   Settle(flight,OUTCOME_UNKNOWN,retcode,0,text,text);
  }
//+------------------------------------------------------------------+
//| Deals of an order, or of the order that made a deal, from the terminal's history|
//+------------------------------------------------------------------+
void CAgentFlights::FindDeals(const SJournalEntry &entry,const ulong ticket,const ulong deal)
  {
   SDeal record;
   ulong wanted=ticket;
   int   count=0;
   if(ArrayResize(m_found,0,32)!=0 || !CTerminalReader::SelectHistory(entry.evidence.broker_ms-(long)AGENT_HISTORY_SECONDS*1000))
      return;
   int total=HistoryDealsTotal();
   if(wanted==0 && deal!=0)
      for(int i=0; i<total; i++)
         if(HistoryDealGetTicket(i)==deal && CTerminalReader::HistoryDealAt(i,record))
            wanted=record.order;
   if(wanted==0)
      return;
   for(int k=0; k<total; k++)
     {
      if(!CTerminalReader::HistoryDealAt(k,record) || record.order!=wanted || record.ticket<=entry.evidence.after_deal)
         continue;
      if(ArrayResize(m_found,count+1,32)!=count+1)
         return;
      m_found[count]=record;
      count++;
     }
  }
//+------------------------------------------------------------------+
//| The outcome of an executed command; what the answer left out is taken from the history|
//+------------------------------------------------------------------+
string CAgentFlights::ExecutedText(const int flight,bool &complete)
  {
   CJsonWriter json;
   int    slot=m_flights[flight].slot;
   long   dealt=0;
   double worth=0.0;
   ulong  ticket=m_flights[flight].order;
   ulong  deal=m_flights[flight].deal;
   ulong  position=m_journal.entries[slot].evidence.position;
   int    target=m_journal.entries[slot].evidence.target;
   ulong  position_by=m_journal.entries[slot].evidence.position_by;
   if(target==TARGET_NONE)
      FindDeals(m_journal.entries[slot],ticket,deal);
   else
      if(ArrayResize(m_found,0,32)!=0)
         return("");
   if(target==TARGET_ORDER || target==TARGET_CANCEL)
      ticket=m_journal.entries[slot].evidence.target_ticket;
   int count=ArraySize(m_found);
   for(int i=0; i<count; i++)
     {
      //--- the deals of a close-by take both positions down by the same volume
      if(position_by!=0 && m_found[i].position!=position)
         continue;
      dealt+=CNames::Units(m_found[i].volume);
      worth+=(double)CNames::Units(m_found[i].volume)*m_found[i].price;
     }
   complete=count>0 && dealt>=CNames::Units(m_flights[flight].volume);
   //--- a change makes no deals, and an order that was only placed has none yet
   if(target!=TARGET_NONE || (PlacesPending(slot) && deal==0))
      complete=true;
   m_flights[flight].deals=count;
   if(count>0)
     {
      if(ticket==0)
         ticket=m_found[count-1].order;
      if(deal==0)
         deal=m_found[count-1].ticket;
      if(position==0)
         position=m_found[count-1].position;
     }
   double volume=m_flights[flight].volume;
   double price=m_flights[flight].price;
   if(!(volume>0.0))
      volume=CNames::Lots(dealt);
   if(!(price>0.0) && dealt>0)
      price=worth/(double)dealt;
   if(target==TARGET_NONE)
      m_flights[flight].order=ticket;
   CEntryWriter::Begin(json,m_journal.entries[slot],OUTCOME_EXECUTED,m_flights[flight].done_ms,m_flights[flight].retcode,m_flights[flight].comment);
   CRecordWriter::Ticket(json,"order",ticket);
   CRecordWriter::Ticket(json,"deal",deal);
   CRecordWriter::Ticket(json,"position",position);
   CRecordWriter::Number(json,"volume",volume);
   CRecordWriter::Number(json,"price",price);
   json.Name("deals");
   json.BeginList();
   for(int k=0; k<count && k<AGENT_DEALS_MAX; k++)
      CRecordWriter::Deal(json,m_found[k]);
   json.EndList();
   CRecordWriter::Flag(json,"moreDeals",count>AGENT_DEALS_MAX);
   json.EndObject();
   return(json.Whole());
  }
//+------------------------------------------------------------------+
//| Certain: it was done. That is journalled at once; its publication waits for the ledger to have told of its deals|
//+------------------------------------------------------------------+
void CAgentFlights::Executed(const int flight)
  {
   bool complete=false;
   int  slot=m_flights[flight].slot;
   m_flights[flight].decided=true;
   m_flights[flight].wait_until=0;
   m_flights[flight].done_ms=m_now;
   string text=ExecutedText(flight,complete);
   m_journal.Settle(slot,OUTCOME_EXECUTED,m_flights[flight].retcode,m_flights[flight].order,text);
   if(!m_journal.Commit())
      Print("MT5Connector: an outcome could not be written to the journal yet");
   m_flights[flight].dealing=true;
   m_flights[flight].scans=m_scans;
   m_flights[flight].deals_until=m_now+AGENT_DEALS_MS;
   m_scan_asked=true;
  }
//+------------------------------------------------------------------+
//| Publishes what was executed when a scan has told of its deals, or after a while without them|
//+------------------------------------------------------------------+
void CAgentFlights::PublishExecuted(const int flight)
  {
   bool   complete=false;
   int    slot=m_flights[flight].slot;
   int    before=m_flights[flight].deals;
   string text=ExecutedText(flight,complete);
   if(m_now<m_flights[flight].deals_until && !(complete && m_scans>m_flights[flight].scans))
     {
      m_flights[flight].deals=before;
      return;
     }
   if(m_flights[flight].deals>before)
      m_journal.Settle(slot,OUTCOME_EXECUTED,m_flights[flight].retcode,m_flights[flight].order,text);
   m_journal.entries[slot].published_ms=m_now;
   TellOutcome(m_journal.entries[slot].client,text);
   End(flight);
  }
//+------------------------------------------------------------------+
//| Settles what the last scan has made certain; the ledger has told of orders, deals, positions and balance before|
//+------------------------------------------------------------------+
void CAgentFlights::AfterScan(void)
  {
   m_scans++;
   for(int i=ArraySize(m_flights)-1; i>=0; i--)
      if(i<ArraySize(m_flights) && m_flights[i].dealing)
         PublishExecuted(i);
  }
#endif
//+------------------------------------------------------------------+
