//+------------------------------------------------------------------+
//|                                                AgentResolver.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTRESOLVER_MQH
#define MT5CONNECTOR_AGENT_AGENTRESOLVER_MQH
#include <MT5Connector/Agent/AgentTargets.mqh>

//+------------------------------------------------------------------+
//| Finds out from the terminal's tables what became of a command (docs/protocol.md, 6.4)|
//+------------------------------------------------------------------+
class CAgentResolver : public CAgentTargets
  {
private:
   bool              Judge(const int flight,const ulong ticket,const bool at_once);
   bool              JudgePending(const int flight,const SOrder &record,const bool known,const long dealt);
   bool              CouldBe(const SJournalEntry &entry,const ulong ticket) const;
   bool              KindFits(const SJournalEntry &entry,const ulong ticket) const;
   static bool       IsOfKind(const int kind,const int wanted);
   bool              MatchesOrder(const SJournalEntry &entry,const SOrder &record) const;
   bool              MatchesDeal(const SJournalEntry &entry,const SDeal &deal) const;
   bool              HasForeignTag(const SJournalEntry &entry,const string comment,const ulong magic) const;
   static string     TagIn(const string comment);
   static bool       IsInTime(const long broker_ms,const long staged_ms);
protected:
   bool              Resolve(const int flight,const bool at_once);
  };
//+------------------------------------------------------------------+
//| The tag at the end of a comment, or empty                      |
//+------------------------------------------------------------------+
static string CAgentResolver::TagIn(const string comment)
  {
   int length=StringLen(comment);
   if(length<11 || (int)StringGetCharacter(comment,length-11)!='~')
      return("");
   return(StringSubstr(comment,length-11));
  }
//+------------------------------------------------------------------+
//| Whether a broker time fits the time at which a command was staged|
//+------------------------------------------------------------------+
static bool CAgentResolver::IsInTime(const long broker_ms,const long staged_ms)
  {
   return(broker_ms>=staged_ms-2000 && broker_ms<=staged_ms+300000);
  }
//+------------------------------------------------------------------+
//| Whether a record carries the tag of another command that is looked for|
//+------------------------------------------------------------------+
bool CAgentResolver::HasForeignTag(const SJournalEntry &entry,const string comment,const ulong magic) const
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
bool CAgentResolver::MatchesOrder(const SJournalEntry &entry,const SOrder &record) const
  {
   if(entry.evidence.target!=TARGET_NONE || record.symbol!=entry.evidence.symbol || !IsOfKind(record.kind,entry.evidence.order_kind) ||
      record.ticket<=entry.evidence.after_order)
      return(false);
   if(entry.evidence.position_by!=0)
      return(record.position_by==entry.evidence.position_by && record.position==entry.evidence.position &&
             record.reason==(int)ORDER_REASON_EXPERT && IsInTime(record.setup_ms,entry.evidence.broker_ms));
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
bool CAgentResolver::MatchesDeal(const SJournalEntry &entry,const SDeal &deal) const
  {
   //--- a pending order or a close-by is known by its order, which is there for as long as its deals are
   if(entry.evidence.target!=TARGET_NONE || entry.evidence.order_kind>(int)ORDER_TYPE_SELL)
      return(false);
   //--- nor does anything but a close-by close by another position
   if(deal.entry==(int)DEAL_ENTRY_OUT_BY)
      return(false);
   bool goes_out=deal.entry==(int)DEAL_ENTRY_OUT;
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
bool CAgentResolver::Resolve(const int flight,const bool at_once)
  {
   SOrder record;
   SDeal  deal;
   ulong  tickets[];
   ulong  closers[];
   int    count=0;
   int    closing=0;
   int    slot=m_flights[flight].slot;
   //--- tables that are not there yet, or not all of them, prove nothing
   if(m_flights[flight].decided || Unready()!="")
      return(false);
   if(m_journal.entries[slot].evidence.target!=TARGET_NONE)
      return(JudgeTarget(flight));
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
      if(MatchesDeal(m_journal.entries[slot],deal) && KindFits(m_journal.entries[slot],deal.order))
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
   if(m_journal.entries[slot].evidence.comment_tag=="" && m_journal.entries[slot].evidence.position_by==0 && !m_journal.entries[slot].evidence.magic_tag)
     {
      for(int other=0; other<ArraySize(m_flights); other++)
         if(other!=flight && m_flights[other].order==0 && CouldBe(m_journal.entries[m_flights[other].slot],only))
            return(false);
      //--- nor can anybody when one was executed by an answer that named no order
      for(int e=0; e<m_journal.Sequence(); e++)
        {
         int done=m_journal.SlotAt(e);
         if(done>=0 && done!=slot && m_journal.entries[done].state==OUTCOME_EXECUTED && m_journal.entries[done].order==0 &&
            CouldBe(m_journal.entries[done],only))
            return(false);
        }
     }
   return(Judge(flight,only,at_once));
  }
//+------------------------------------------------------------------+
//| Whether an order of the selected tables may be a command's     |
//+------------------------------------------------------------------+
bool CAgentResolver::CouldBe(const SJournalEntry &entry,const ulong ticket) const
  {
   SOrder record;
   SDeal  deal;
   if(!entry.is_command || entry.evidence.target!=TARGET_NONE || ticket<=entry.evidence.after_order)
      return(false);
   for(int h=0; h<HistoryOrdersTotal(); h++)
      if(HistoryOrderGetTicket(h)==ticket && CTerminalReader::HistoryOrderAt(h,record) && MatchesOrder(entry,record))
         return(true);
   for(int w=0; w<OrdersTotal(); w++)
      if(OrderGetTicket(w)==ticket && CTerminalReader::OrderAt(w,record) && MatchesOrder(entry,record))
         return(true);
   for(int d=0; d<HistoryDealsTotal(); d++)
      if(CTerminalReader::HistoryDealAt(d,deal) && deal.order==ticket && MatchesDeal(entry,deal))
         return(true);
   return(false);
  }
//+------------------------------------------------------------------+
//| What an order proves of a command; true if that settled it     |
//+------------------------------------------------------------------+
bool CAgentResolver::Judge(const int flight,const ulong ticket,const bool at_once)
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
   if(PlacesPending(slot))
      return(JudgePending(flight,record,known,dealt));
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
      m_flights[flight].order=ticket;
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
   m_flights[flight].volume=0.0;
   m_flights[flight].price=0.0;
   if(filled<dealt)
      filled=dealt;
   long code=10010;
   if(filled>=CNames::Units(m_journal.entries[slot].evidence.volume))
      code=10009;
   ExecutedAs(flight,code);
   return(true);
  }
//+------------------------------------------------------------------+
//| That an order stands or has stood in the book is what was asked, however it ended|
//+------------------------------------------------------------------+
bool CAgentResolver::JudgePending(const int flight,const SOrder &record,const bool known,const long dealt)
  {
   if(!known)
      return(false);
   bool filled=dealt>0 || CNames::Units(record.volume_current)<CNames::Units(record.volume_initial);
   if(record.state==(int)ORDER_STATE_REJECTED && !filled)
     {
      m_flights[flight].order=record.ticket;
      Rejected(flight,10006,"Order "+(string)record.ticket+" was rejected");
      return(true);
     }
   if(!filled && (record.state==(int)ORDER_STATE_STARTED || record.state==(int)ORDER_STATE_REQUEST_ADD))
      return(false);
   m_flights[flight].order=record.ticket;
   m_flights[flight].volume=record.volume_initial;
   m_flights[flight].price=record.price;
   ExecutedAs(flight,10009);
   return(true);
  }
//+------------------------------------------------------------------+
//| Whether an order is of a kind; a stop-limit order becomes a limit order when it is triggered|
//+------------------------------------------------------------------+
static bool CAgentResolver::IsOfKind(const int kind,const int wanted)
  {
   if(wanted==(int)ORDER_TYPE_BUY_STOP_LIMIT && kind==(int)ORDER_TYPE_BUY_LIMIT)
      return(true);
   if(wanted==(int)ORDER_TYPE_SELL_STOP_LIMIT && kind==(int)ORDER_TYPE_SELL_LIMIT)
      return(true);
   return(kind==wanted);
  }
//+------------------------------------------------------------------+
//| Whether the order of a deal is of the kind that a command makes, as far as the selected history shows it|
//+------------------------------------------------------------------+
bool CAgentResolver::KindFits(const SJournalEntry &entry,const ulong ticket) const
  {
   SOrder record;
   for(int i=0; i<HistoryOrdersTotal(); i++)
      if(HistoryOrderGetTicket(i)==ticket && CTerminalReader::HistoryOrderAt(i,record))
         return(IsOfKind(record.kind,entry.evidence.order_kind));
   if(CTerminalReader::Order(ticket,record))
      return(IsOfKind(record.kind,entry.evidence.order_kind));
   return(true);
  }
#endif
//+------------------------------------------------------------------+
