//+------------------------------------------------------------------+
//|                                                AgentOutcomes.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTOUTCOMES_MQH
#define MT5CONNECTOR_AGENT_AGENTOUTCOMES_MQH
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
//| Follows each command to its outcome, writes that to the journal and publishes it (docs/protocol.md, 6.3 and 6.4)|
//+------------------------------------------------------------------+
class CAgentOutcomes : public CAgentBase
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
   void              Settle(const int flight,const ENUM_OUTCOME_STATE state,const long retcode,const ulong ticket,const string outcome,const string shown);
   void              Rejected(const int flight,const long retcode,const string comment);
   void              Unknown(const int flight,const long retcode,const string comment);
   void              Executed(const int flight);
   string            ExecutedText(const int flight,bool &complete);
   void              PublishExecuted(const int flight);
   void              Answered(const int flight,const MqlTradeResult &result);
   void              Send(const int flight);
   bool              Resolve(const int flight,const bool at_once);
   bool              Judge(const int flight,const ulong ticket,const bool at_once);
   bool              MatchesOrder(const SJournalEntry &entry,const SOrder &record) const;
   bool              MatchesDeal(const SJournalEntry &entry,const SDeal &deal) const;
   bool              HasForeignTag(const SJournalEntry &entry,const string comment,const ulong magic) const;
   void              FindDeals(const SJournalEntry &entry,const ulong ticket,const ulong deal);
   void              AfterScan(void);
   void              LookAfterFlights(const bool search);
   void              SettleAtStart(void);
   int               Waiting(void) const;
   static int        Certainty(const long retcode);
   static string     TagIn(const string comment);
   static bool       IsInTime(const long broker_ms,const long staged_ms);
public:
                     CAgentOutcomes(void);
   void              Transaction(const MqlTradeTransaction &transaction,const MqlTradeResult &result);
  };
//+------------------------------------------------------------------+
//| No command is under way                                        |
//+------------------------------------------------------------------+
CAgentOutcomes::CAgentOutcomes(void)
  {
   m_scans=0;
   m_scan_asked=false;
  }
//+------------------------------------------------------------------+
//| What a return code proves: 1 executed, -1 not executed, 0 nothing (src/domain/retcodes.ts)|
//+------------------------------------------------------------------+
static int CAgentOutcomes::Certainty(const long retcode)
  {
   if(retcode==10009 || retcode==10010 || retcode==10025)
      return(1);
   if(retcode==10006 || retcode==10007 || retcode==10008 || retcode==10011 || retcode==10012 || retcode==10023 ||
      retcode==10024 || retcode==10028 || retcode==10031)
      return(0);
   if(retcode==10004 || (retcode>=10013 && retcode<=10046 && retcode!=10037))
      return(-1);
   return(0);
  }
//+------------------------------------------------------------------+
//| Takes up a command                                             |
//+------------------------------------------------------------------+
int CAgentOutcomes::Begin(const int slot,const int client)
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
void CAgentOutcomes::End(const int flight)
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
int CAgentOutcomes::FindFlight(const int slot) const
  {
   for(int i=0; i<ArraySize(m_flights); i++)
      if(m_flights[i].slot==slot)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| Forgets a command that the journal has dropped                 |
//+------------------------------------------------------------------+
void CAgentOutcomes::Forget(const int slot)
  {
   int flight=FindFlight(slot);
   if(flight>=0)
      End(flight);
  }
//+------------------------------------------------------------------+
//| Commands without any outcome yet                               |
//+------------------------------------------------------------------+
int CAgentOutcomes::Waiting(void) const
  {
   int count=0;
   for(int i=0; i<ArraySize(m_flights); i++)
      if(!m_flights[i].told)
         count++;
   return(count);
  }
//+------------------------------------------------------------------+
//| Writes an outcome and publishes it, whether the write succeeded or not: what was done must be told|
//+------------------------------------------------------------------+
void CAgentOutcomes::Settle(const int flight,const ENUM_OUTCOME_STATE state,const long retcode,const ulong ticket,const string outcome,const string shown)
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
void CAgentOutcomes::Rejected(const int flight,const long retcode,const string comment)
  {
   CJsonWriter json;
   CEntryWriter::Begin(json,m_journal.entries[m_flights[flight].slot],OUTCOME_REJECTED,m_now,retcode,comment);
   json.EndObject();
   string text=json.Whole();
   Settle(flight,OUTCOME_REJECTED,retcode,0,text,text);
  }
//+------------------------------------------------------------------+
//| Nobody can tell yet                                            |
//+------------------------------------------------------------------+
void CAgentOutcomes::Unknown(const int flight,const long retcode,const string comment)
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
//| Durable, and only now sent, once                               |
//+------------------------------------------------------------------+
void CAgentOutcomes::Send(const int flight)
  {
   MqlTradeRequest request;
   MqlTradeResult  result;
   CIntent         intent;
   string          why=Unready();
   long            retcode=10031;
   int             slot=m_flights[flight].slot;
   m_flights[flight].staged=false;
   bool built=why=="" && intent.Parse(m_flights[flight].intent) &&
              intent.Build(m_journal.entries[slot].evidence,request,retcode,why);
   if(!built)
     {
      //--- not handed to the terminal at all, so this code is certain here
      Rejected(flight,retcode,why);
      return;
     }
   Clock();
   m_journal.entries[slot].sent_ms=m_now;
   ZeroMemory(result);
   bool sent=OrderSendAsync(request,result);
   if(!sent)
     {
      long code=(long)result.retcode;
      string text=result.comment;
      if(code==0)
         text="The terminal did not take the request (error "+(string)GetLastError()+")";
      if(Certainty(code)<0)
         Rejected(flight,code,text);
      else
         Unknown(flight,code,text);
      return;
     }
   m_flights[flight].sent=true;
   m_flights[flight].request_id=result.request_id;
   m_flights[flight].wait_until=m_now+AGENT_RESULT_MS;
  }
//+------------------------------------------------------------------+
//| An event of the terminal: the answer to a request, or a hint to look at the tables|
//+------------------------------------------------------------------+
void CAgentOutcomes::Transaction(const MqlTradeTransaction &transaction,const MqlTradeResult &result)
  {
   Clock();
   m_scan_asked=true;
   if(transaction.type==TRADE_TRANSACTION_DEAL_UPDATE || transaction.type==TRADE_TRANSACTION_DEAL_DELETE)
      m_shadow.Amend(transaction.deal);
   if(transaction.type!=TRADE_TRANSACTION_REQUEST)
      return;
   for(int i=0; i<ArraySize(m_flights); i++)
      if(m_flights[i].sent && m_flights[i].request_id==result.request_id)
        {
         Answered(i,result);
         return;
        }
  }
//+------------------------------------------------------------------+
//| The trade server has answered                                  |
//+------------------------------------------------------------------+
void CAgentOutcomes::Answered(const int flight,const MqlTradeResult &result)
  {
   if(m_flights[flight].decided)
      return;
   m_flights[flight].retcode=(long)result.retcode;
   m_flights[flight].comment=result.comment;
   if(result.order!=0)
      m_flights[flight].order=result.order;
   m_flights[flight].deal=result.deal;
   m_flights[flight].volume=result.volume;
   m_flights[flight].price=result.price;
   int certainty=Certainty((long)result.retcode);
   if(certainty>0)
     {
      Executed(flight);
      return;
     }
   if(certainty<0)
     {
      Rejected(flight,(long)result.retcode,result.comment);
      return;
     }
   //--- a market order that is placed is not settled: its execution is still to come
   if(result.retcode==TRADE_RETCODE_PLACED)
      return;
   if(!Resolve(flight,false))
      Unknown(flight,(long)result.retcode,result.comment);
  }
//+------------------------------------------------------------------+
//| Deals of an order, or of the order that made a deal, from the terminal's history|
//+------------------------------------------------------------------+
void CAgentOutcomes::FindDeals(const SJournalEntry &entry,const ulong ticket,const ulong deal)
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
string CAgentOutcomes::ExecutedText(const int flight,bool &complete)
  {
   CJsonWriter json;
   int    slot=m_flights[flight].slot;
   long   dealt=0;
   double worth=0.0;
   ulong  ticket=m_flights[flight].order;
   ulong  deal=m_flights[flight].deal;
   ulong  position=m_journal.entries[slot].evidence.position;
   FindDeals(m_journal.entries[slot],ticket,deal);
   int count=ArraySize(m_found);
   for(int i=0; i<count; i++)
     {
      dealt+=CNames::Units(m_found[i].volume);
      worth+=(double)CNames::Units(m_found[i].volume)*m_found[i].price;
     }
   complete=count>0 && dealt>=CNames::Units(m_flights[flight].volume);
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
void CAgentOutcomes::Executed(const int flight)
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
void CAgentOutcomes::PublishExecuted(const int flight)
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
//| The tag at the end of a comment, or empty                      |
//+------------------------------------------------------------------+
static string CAgentOutcomes::TagIn(const string comment)
  {
   int length=StringLen(comment);
   if(length<11 || (int)StringGetCharacter(comment,length-11)!='~')
      return("");
   return(StringSubstr(comment,length-11));
  }
//+------------------------------------------------------------------+
//| Whether a broker time fits the time at which a command was staged|
//+------------------------------------------------------------------+
static bool CAgentOutcomes::IsInTime(const long broker_ms,const long staged_ms)
  {
   return(broker_ms>=staged_ms-2000 && broker_ms<=staged_ms+300000);
  }
//+------------------------------------------------------------------+
//| Whether a record carries the tag of another command that is looked for|
//+------------------------------------------------------------------+
bool CAgentOutcomes::HasForeignTag(const SJournalEntry &entry,const string comment,const ulong magic) const
  {
   string tag=TagIn(comment);
   for(int i=0; i<ArraySize(m_flights); i++)
     {
      int slot=m_flights[i].slot;
      if(m_journal.entries[slot].id==entry.id && m_journal.entries[slot].client==entry.client)
         continue;
      if(tag!="" && m_journal.entries[slot].evidence.comment_tag==tag)
         return(true);
      if(m_journal.entries[slot].evidence.magic_tag && m_journal.entries[slot].evidence.magic==magic)
         return(true);
     }
   return(false);
  }
//+------------------------------------------------------------------+
//| Whether an order may be a command's                            |
//+------------------------------------------------------------------+
bool CAgentOutcomes::MatchesOrder(const SJournalEntry &entry,const SOrder &record) const
  {
   if(record.symbol!=entry.evidence.symbol || record.kind!=entry.evidence.side || record.ticket<=entry.evidence.after_order)
      return(false);
   if(entry.evidence.comment_tag!="")
      return(TagIn(record.comment)==entry.evidence.comment_tag);
   if(entry.evidence.magic_tag)
      return(record.magic==entry.evidence.magic);
   return(!HasForeignTag(entry,record.comment,record.magic) && CNames::Units(record.volume_initial)==CNames::Units(entry.evidence.volume) &&
          record.magic==entry.evidence.magic && record.reason==(int)ORDER_REASON_EXPERT &&
          (entry.evidence.position==0 || record.position==entry.evidence.position) && IsInTime(record.setup_ms,entry.evidence.broker_ms));
  }
//+------------------------------------------------------------------+
//| Whether a deal may be a command's                              |
//+------------------------------------------------------------------+
bool CAgentOutcomes::MatchesDeal(const SJournalEntry &entry,const SDeal &deal) const
  {
   bool goes_out=deal.entry==(int)DEAL_ENTRY_OUT || deal.entry==(int)DEAL_ENTRY_OUT_BY;
   if(deal.order==0 || deal.symbol!=entry.evidence.symbol || deal.kind!=entry.evidence.side || deal.ticket<=entry.evidence.after_deal)
      return(false);
   if(entry.evidence.comment_tag!="")
      return(TagIn(deal.comment)==entry.evidence.comment_tag);
   if(entry.evidence.magic_tag)
      return(deal.magic==entry.evidence.magic);
   if(entry.evidence.position==0 && goes_out && CTerminalReader::IsHedging())
      return(false);
   return(!HasForeignTag(entry,deal.comment,deal.magic) && CNames::Units(deal.volume)<=CNames::Units(entry.evidence.volume) &&
          deal.magic==entry.evidence.magic && deal.reason==(int)DEAL_REASON_EXPERT &&
          (entry.evidence.position==0 || deal.position==entry.evidence.position) && IsInTime(deal.time_ms,entry.evidence.broker_ms));
  }
//+------------------------------------------------------------------+
//| Looks for what became of a command; true if that settled it. `at_once`: what is there must do|
//+------------------------------------------------------------------+
bool CAgentOutcomes::Resolve(const int flight,const bool at_once)
  {
   SOrder record;
   SDeal  deal;
   ulong  tickets[];
   ulong  closers[];
   int    count=0;
   int    closing=0;
   int    slot=m_flights[flight].slot;
   if(m_flights[flight].decided)
      return(false);
   if(m_flights[flight].order!=0)
      return(Judge(flight,m_flights[flight].order,at_once));
   if(!CTerminalReader::SelectHistory(m_journal.entries[slot].evidence.broker_ms-(long)AGENT_HISTORY_SECONDS*1000))
      return(false);
   int active=OrdersTotal();
   int finished=HistoryOrdersTotal();
   int deals=HistoryDealsTotal();
   if(ArrayResize(tickets,active+finished+deals)<0 || ArrayResize(closers,deals)<0)
      return(false);
   for(int i=0; i<active; i++)
      if(CTerminalReader::OrderAt(i,record) && MatchesOrder(m_journal.entries[slot],record))
        {
         tickets[count]=record.ticket;
         count++;
        }
   for(int k=0; k<finished; k++)
      if(CTerminalReader::HistoryOrderAt(k,record) && MatchesOrder(m_journal.entries[slot],record))
        {
         tickets[count]=record.ticket;
         count++;
        }
   for(int d=0; d<deals; d++)
     {
      if(!CTerminalReader::HistoryDealAt(d,deal))
         continue;
      if(deal.entry==(int)DEAL_ENTRY_OUT || deal.entry==(int)DEAL_ENTRY_OUT_BY)
        {
         closers[closing]=deal.order;
         closing++;
        }
      if(MatchesDeal(m_journal.entries[slot],deal))
        {
         tickets[count]=deal.order;
         count++;
        }
     }
   bool  opens=m_journal.entries[slot].evidence.position==0 && CTerminalReader::IsHedging();
   ulong only=0;
   for(int c=0; c<count; c++)
     {
      bool taken=tickets[c]==only || m_journal.IsClaimed(tickets[c],slot);
      //--- an order whose deals go out has closed something: it is no market order's, however alike it looks
      for(int o=0; o<closing && opens; o++)
         taken=taken || closers[o]==tickets[c];
      for(int f=0; f<ArraySize(m_flights); f++)
         taken=taken || (f!=flight && m_flights[f].order==tickets[c]);
      if(taken)
         continue;
      //--- several candidates: nobody can tell
      if(only!=0)
         return(false);
      only=tickets[c];
     }
   if(only==0)
      return(false);
   //--- one candidate that several commands could have made: nobody can tell either
   if(m_journal.entries[slot].evidence.comment_tag=="" && !m_journal.entries[slot].evidence.magic_tag)
      for(int other=0; other<ArraySize(m_flights); other++)
        {
         int  entry=m_flights[other].slot;
         bool rival=false;
         if(other==flight || m_flights[other].decided || m_flights[other].order!=0)
            continue;
         for(int h=0; h<finished; h++)
            if(HistoryOrderGetTicket(h)==only && CTerminalReader::HistoryOrderAt(h,record))
               rival=rival || MatchesOrder(m_journal.entries[entry],record);
         for(int w=0; w<active; w++)
            if(OrderGetTicket(w)==only && CTerminalReader::OrderAt(w,record))
               rival=rival || MatchesOrder(m_journal.entries[entry],record);
         for(int x=0; x<deals; x++)
            if(CTerminalReader::HistoryDealAt(x,deal) && deal.order==only)
               rival=rival || MatchesDeal(m_journal.entries[entry],deal);
         if(rival)
            return(false);
        }
   return(Judge(flight,only,at_once));
  }
//+------------------------------------------------------------------+
//| What an order proves of a command; true if that settled it     |
//+------------------------------------------------------------------+
bool CAgentOutcomes::Judge(const int flight,const ulong ticket,const bool at_once)
  {
   SOrder record;
   long   filled=0;
   long   dealt=0;
   bool   known=false;
   bool   finished=false;
   int    slot=m_flights[flight].slot;
   FindDeals(m_journal.entries[slot],ticket,0);
   for(int i=0; i<ArraySize(m_found); i++)
      dealt+=CNames::Units(m_found[i].volume);
   for(int h=0; h<HistoryOrdersTotal() && !finished; h++)
      if(HistoryOrderGetTicket(h)==ticket && CTerminalReader::HistoryOrderAt(h,record))
        {
         known=true;
         finished=true;
        }
   for(int k=0; k<OrdersTotal() && !finished && !known; k++)
      if(OrderGetTicket(k)==ticket && CTerminalReader::OrderAt(k,record))
         known=true;
   if(known)
      filled=CNames::Units(record.volume_initial)-CNames::Units(record.volume_current);
   if(dealt==0 && filled<=0)
     {
      bool dead=known && (record.state==(int)ORDER_STATE_CANCELED || record.state==(int)ORDER_STATE_REJECTED || record.state==(int)ORDER_STATE_EXPIRED);
      if(!finished || !dead)
         return(false);
      long code=10007;
      if(record.state==(int)ORDER_STATE_REJECTED)
         code=10006;
      Rejected(flight,code,"Order "+(string)ticket+" ended without a fill");
      return(true);
     }
   if(m_flights[flight].seen_ms==0)
      m_flights[flight].seen_ms=m_now+1;
   bool late=m_now>m_flights[flight].seen_ms+AGENT_DEALS_MS;
   if(!at_once && !late && !(finished && dealt>=filled))
      return(false);
   //--- still being filled: what there is so far may not be all
   if(!finished && known && !at_once)
      return(false);
   m_flights[flight].order=ticket;
   m_flights[flight].deal=0;
   m_flights[flight].volume=0.0;
   m_flights[flight].price=0.0;
   m_flights[flight].comment="";
   m_flights[flight].retcode=10010;
   if(filled<dealt)
      filled=dealt;
   if(filled>=CNames::Units(m_journal.entries[slot].evidence.volume))
      m_flights[flight].retcode=10009;
   Executed(flight);
   return(true);
  }
//+------------------------------------------------------------------+
//| Settles what the last scan has made certain; the ledger has told of orders, deals, positions and balance before|
//+------------------------------------------------------------------+
void CAgentOutcomes::AfterScan(void)
  {
   m_scans++;
   for(int i=ArraySize(m_flights)-1; i>=0; i--)
      if(i<ArraySize(m_flights) && m_flights[i].dealing)
         PublishExecuted(i);
  }
//+------------------------------------------------------------------+
//| Times that are up, and, with `search`, commands whose outcome is unknown|
//+------------------------------------------------------------------+
void CAgentOutcomes::LookAfterFlights(const bool search)
  {
   for(int i=ArraySize(m_flights)-1; i>=0; i--)
     {
      if(i>=ArraySize(m_flights) || m_flights[i].staged)
         continue;
      if(m_flights[i].dealing)
        {
         if(m_now>=m_flights[i].deals_until)
            PublishExecuted(i);
         continue;
        }
      bool over=m_flights[i].wait_until!=0 && m_now>=m_flights[i].wait_until;
      if(((m_flights[i].told && search) || over) && Resolve(i,false))
         continue;
      if(over)
        {
         string comment=m_flights[i].comment;
         if(m_flights[i].retcode==0)
            comment="No answer came";
         Unknown(i,m_flights[i].retcode,comment);
        }
     }
  }
//+------------------------------------------------------------------+
//| Gives every entry that an earlier run left open what the terminal's history proves, durably, before anybody can ask|
//+------------------------------------------------------------------+
void CAgentOutcomes::SettleAtStart(void)
  {
   for(int i=0; i<m_journal.Sequence(); i++)
     {
      int slot=m_journal.SlotAt(i);
      if(slot<0 || !m_journal.entries[slot].is_command)
         continue;
      if(m_journal.entries[slot].state==OUTCOME_PENDING || m_journal.entries[slot].state==OUTCOME_UNKNOWN)
         if(Begin(slot,-1)<0)
            return;
     }
   for(int k=ArraySize(m_flights)-1; k>=0; k--)
     {
      if(k>=ArraySize(m_flights))
         continue;
      if(!Resolve(k,true))
         Unknown(k,0,"The agent stopped before the answer came, and the history does not tell");
     }
  }
#endif
//+------------------------------------------------------------------+
