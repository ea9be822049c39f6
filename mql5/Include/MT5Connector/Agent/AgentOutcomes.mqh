//+------------------------------------------------------------------+
//|                                                AgentOutcomes.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTOUTCOMES_MQH
#define MT5CONNECTOR_AGENT_AGENTOUTCOMES_MQH
#include <MT5Connector/Agent/AgentResolver.mqh>

//+------------------------------------------------------------------+
//| Sends commands and follows each to its outcome (docs/protocol.md, 6.2 and 6.3)|
//+------------------------------------------------------------------+
class CAgentOutcomes : public CAgentResolver
  {
private:
   static int        Certainty(const long retcode);
   bool              SettlesAsDone(const int slot,const long retcode,const ulong ticket) const;
   void              Answered(const int flight,const MqlTradeResult &result);
protected:
   bool              Send(const int flight);
   void              ScanNow(void);
   void              LookAfterFlights(const bool search);
   void              SettleAtStart(void);
public:
   void              Transaction(const MqlTradeTransaction &transaction,const MqlTradeResult &result);
  };
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
//| A pending order is settled when it is placed and has a ticket, a change when there is nothing to change|
//+------------------------------------------------------------------+
bool CAgentOutcomes::SettlesAsDone(const int slot,const long retcode,const ulong ticket) const
  {
   int target=m_journal.entries[slot].evidence.target;
   return((retcode==10008 && ticket!=0 && PlacesPending(slot)) || (retcode==10025 && (target==TARGET_ORDER || target==TARGET_POSITION)));
  }
//+------------------------------------------------------------------+
//| Durable, and only now sent, once; false: not sent, because its time was up by then|
//+------------------------------------------------------------------+
bool CAgentOutcomes::Send(const int flight)
  {
   MqlTradeRequest request;
   MqlTradeResult  result;
   CIntent         intent;
   string          why=Unready();
   long            retcode=10031;
   int             slot=m_flights[flight].slot;
   bool built=why=="" && intent.Parse(m_flights[flight].intent) &&
              intent.Build(m_journal.entries[slot].evidence,request,retcode,why);
   //--- a symbol that had to be shown in Market Watch first, or a slow disk, may have taken long
   Clock();
   if(m_now>m_flights[flight].not_after)
      return(false);
   m_flights[flight].staged=false;
   if(!built)
     {
      //--- not handed to the terminal at all, so this code is certain here
      Rejected(flight,retcode,why);
      return(true);
     }
   m_journal.entries[slot].sent_ms=m_now;
   ZeroMemory(result);
   bool sent=OrderSendAsync(request,result);
   if(!sent)
     {
      long code=(long)result.retcode;
      string text=result.comment;
      if(code==0)
         text="The terminal did not take the request (error "+(string)GetLastError()+")";
      if(SettlesAsDone(slot,code,0))
        {
         m_flights[flight].retcode=code;
         m_flights[flight].comment=text;
         Executed(flight);
         return(true);
        }
      if(Certainty(code)<0)
         Rejected(flight,code,text);
      else
         Unknown(flight,code,text);
      return(true);
     }
   m_flights[flight].sent=true;
   m_flights[flight].request_id=result.request_id;
   m_flights[flight].wait_until=m_now+AGENT_RESULT_MS;
   return(true);
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
   //--- an answer without a number is nobody's
   if(transaction.type!=TRADE_TRANSACTION_REQUEST || result.request_id==0)
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
   int slot=m_flights[flight].slot;
   if(result.order!=0 && m_journal.entries[slot].evidence.target==TARGET_NONE)
      m_flights[flight].order=result.order;
   m_flights[flight].deal=result.deal;
   m_flights[flight].volume=result.volume;
   m_flights[flight].price=result.price;
   int certainty=Certainty((long)result.retcode);
   if(certainty>0 || SettlesAsDone(slot,(long)result.retcode,result.order))
     {
      Executed(flight);
      return;
     }
   if(certainty<0)
     {
      //--- an order that a refusal names stands in the way, and may be another command's
      m_flights[flight].order=0;
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
//| Looks at the terminal's tables, publishes what is new, and settles what that makes certain|
//+------------------------------------------------------------------+
void CAgentOutcomes::ScanNow(void)
  {
   if(Unready()!="" || !m_shadow.Scan(m_now))
      return;
   m_scan_asked=false;
   m_history.Know(m_shadow.HighestDeal());
   for(int i=0; i<ArraySize(m_shadow.payloads); i++)
      Tell(m_shadow.payloads[i]);
   AfterScan();
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
