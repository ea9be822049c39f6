//+------------------------------------------------------------------+
//|                                                 AgentStreams.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTSTREAMS_MQH
#define MT5CONNECTOR_AGENT_AGENTSTREAMS_MQH
#include <MT5Connector/Agent/AgentHistory.mqh>

//+------------------------------------------------------------------+
//| The ledger, and ticks (docs/protocol.md, 4.3 and 5.5)          |
//+------------------------------------------------------------------+
class CAgentStreams : public CAgentHistory
  {
protected:
   void              PumpFeed(const int feed);
   void              RunBarrier(void);
   void              RunSince(void);
   void              RunTick(void);
   void              RunSubscribe(const bool add);
  };
//+------------------------------------------------------------------+
//| Publishes the new ticks of a symbol                            |
//+------------------------------------------------------------------+
void CAgentStreams::PumpFeed(const int feed)
  {
   bool again=true;
   while(again && m_feeds.Pump(feed,again))
     {
      if(m_feeds.feeds[feed].sessions==0)
         continue;
      CJsonWriter json;
      json.BeginObject();
      CRecordWriter::Integer(json,"v",1);
      CRecordWriter::Integer(json,"epoch",m_journal.Epoch());
      CRecordWriter::Word(json,"symbol",m_feeds.feeds[feed].symbol);
      CRecordWriter::Integer(json,"count",m_feeds.feeds[feed].count);
      CRecordWriter::Integer(json,"n",m_feeds.Fresh());
      CRecordWriter::Integer(json,"skipped",0);
      CRecordWriter::Integer(json,"agentMs",m_now);
      json.EndObject();
      if(m_feeds.Pack(m_bulk))
         PublishBulk("tick."+m_feeds.feeds[feed].symbol,json.Whole(),m_bulk);
     }
  }
//+------------------------------------------------------------------+
//| A mark behind everything in the ledger                         |
//+------------------------------------------------------------------+
void CAgentStreams::RunBarrier(void)
  {
   string token="";
   if(!Label(m_args,"token",token))
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of barrier: \"token\" must be a label");
      return;
     }
   Publish("ledger",m_ledger.Barrier(token,m_now),false);
   BeginResult(m_ledger.Seq());
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| Events behind a position of the ledger                         |
//+------------------------------------------------------------------+
void CAgentStreams::RunSince(void)
  {
   long epoch=0;
   long seq=0;
   if(!Whole(m_args,"epoch",1,epoch) || !Whole(m_args,"seq",0,seq))
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of ledger.since");
      return;
     }
   if(m_ledger.IsGone(epoch,seq))
     {
      Refuse("LEDGER_GONE","Cannot give the events: the ledger does not reach back so far");
      return;
     }
   int  left=(AGENT_REPLY_BYTES-AGENT_HEAD_BYTES)/3;
   bool complete=true;
   BeginResult(m_ledger.Seq());
   m_json.Name("events");
   m_json.BeginList();
   for(long next=seq+1; next<=m_ledger.Seq(); next++)
     {
      string body=m_ledger.At(next);
      left-=StringLen(body)+1;
      if(left<0 && next>seq+1)
        {
         complete=false;
         break;
        }
      m_json.Raw(body);
     }
   m_json.EndList();
   CRecordWriter::Flag(m_json,"complete",complete);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| The last quote of a symbol                                     |
//+------------------------------------------------------------------+
void CAgentStreams::RunTick(void)
  {
   MqlTick tick;
   string  symbol="";
   bool    given=false;
   if(!Optional("symbol",symbol,given) || !given)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of tick: \"symbol\" must be a text");
      return;
     }
   //--- unless it is shown in Market Watch, the terminal has no quote of it
   bool shown=CTerminalReader::Exists(symbol);
   if(shown && SymbolInfoInteger(symbol,SYMBOL_SELECT)==0)
      shown=SymbolSelect(symbol,true);
   if(!shown)
     {
      RefuseSymbol(symbol);
      return;
     }
   bool there=SymbolInfoTick(symbol,tick) && CBytes::Resize(m_bulk,60);
   if(there)
      CTickFeeds::PackTick(tick,m_bulk,0);
   BeginResult(m_ledger.Seq());
   CRecordWriter::Word(m_json,"symbol",symbol);
   CRecordWriter::Integer(m_json,"brokerMs",CTerminalReader::BrokerMs());
   EndResult(there);
  }
//+------------------------------------------------------------------+
//| Ticks of symbols flow, or do not any more                      |
//+------------------------------------------------------------------+
void CAgentStreams::RunSubscribe(const bool add)
  {
   string symbols[];
   bool   given=false;
   ulong  bit=(ulong)1<<m_session;
   if(!Symbols("symbols",symbols,given) || !given || ArraySize(symbols)<1)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments: \"symbols\" must be names of symbols");
      return;
     }
   int total=ArraySize(symbols);
   if(!add)
     {
      for(int i=0; i<total; i++)
        {
         int feed=m_feeds.Find(symbols[i]);
         if(feed>=0)
            m_feeds.feeds[feed].sessions&=~bit;
        }
      BeginResult(m_ledger.Seq());
      EndResult(false);
      return;
     }
   //--- all or none: everything that can fail is looked at before anything is changed
   int own=0;
   for(int f=0; f<m_feeds.Size(); f++)
      if((m_feeds.feeds[f].sessions&bit)!=0)
         own++;
   for(int k=0; k<total; k++)
     {
      bool shown=CTerminalReader::Exists(symbols[k]);
      if(shown && SymbolInfoInteger(symbols[k],SYMBOL_SELECT)==0)
         shown=SymbolSelect(symbols[k],true);
      if(!shown)
        {
         RefuseSymbol(symbols[k]);
         return;
        }
      int known=m_feeds.Find(symbols[k]);
      if(known<0 || (m_feeds.feeds[known].sessions&bit)==0)
         own++;
     }
   if(own>AGENT_SYMBOLS_MAX)
     {
      Refuse("BAD_REQUEST","Cannot subscribe: at most "+(string)AGENT_SYMBOLS_MAX+" symbols per session");
      return;
     }
   for(int o=0; o<total; o++)
      if(m_feeds.Open(symbols[o])<0)
        {
         Refuse("INTERNAL","Cannot subscribe: the agent has no memory for it");
         return;
        }
   BeginResult(m_ledger.Seq());
   m_json.Name("symbols");
   m_json.BeginList();
   for(int s=0; s<total; s++)
     {
      int  feed=m_feeds.Find(symbols[s]);
      bool twice=false;
      for(int e=0; e<s; e++)
         twice=twice || symbols[e]==symbols[s];
      if(twice)
         continue;
      //--- what came before belongs to those who were there before
      PumpFeed(feed);
      m_feeds.feeds[feed].sessions|=bit;
      m_json.BeginObject();
      CRecordWriter::Word(m_json,"symbol",symbols[s]);
      CRecordWriter::Integer(m_json,"count",m_feeds.feeds[feed].count);
      m_json.EndObject();
     }
   m_json.EndList();
   EndResult(false);
  }
#endif
//+------------------------------------------------------------------+
