//+------------------------------------------------------------------+
//|                                                   AgentPages.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTPAGES_MQH
#define MT5CONNECTOR_AGENT_AGENTPAGES_MQH
#include <MT5Connector/Agent/AgentHello.mqh>

const string g_snapshot_lists[]={"positions","orders","historyOrders","deals"};

//+------------------------------------------------------------------+
//| Operations that are given page by page (docs/protocol.md, 4.3) |
//+------------------------------------------------------------------+
class CAgentPages : public CAgentHello
  {
private:
   bool              Collect(const string op,const string symbol,const string &names[],const bool named,CPageItems &items);
   bool              CollectHistory(CPageItems &items);
protected:
   void              GiveMore(const string cursor);
   void              RunPaged(const string op);
  };
//+------------------------------------------------------------------+
//| The cursor of the next page, if there is one                   |
//+------------------------------------------------------------------+
void CAgentPages::GiveMore(const string cursor)
  {
   m_json.Name("more");
   if(cursor=="")
      m_json.Null();
   else
      m_json.Text(cursor);
  }
//+------------------------------------------------------------------+
//| Operations that are given page by page                         |
//+------------------------------------------------------------------+
void CAgentPages::RunPaged(const string op)
  {
   CPageItems items;
   string     names[];
   string     symbol="";
   string     cursor="";
   string     raw="";
   string     more="";
   bool       named=false;
   bool       paged=false;
   bool       by_symbol=false;
   int        start=0;
   int        end=0;
   long       seq=0;
   bool good=Optional("cursor",cursor,paged) && (!paged || CNames::IsLabel(cursor));
   if(op=="positions" || op=="orders")
      good=good && Optional("symbol",symbol,by_symbol);
   if(op=="symbols")
      good=good && Symbols("names",names,named);
   int since=m_reader.Find(m_args,"since");
   if(op=="snapshot" && since>=0)
     {
      long from=0;
      int  list=m_reader.Find(since,"orders");
      good=good && Whole(since,"brokerMs",0,from) && list>=0 && m_reader.Kind(list)==JSON_LIST && m_reader.Count(list)<=AGENT_TRACKED_MAX;
     }
   if(!good)
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of "+op);
      return;
     }
   if(by_symbol && !CTerminalReader::Exists(symbol))
     {
      RefuseSymbol(symbol);
      return;
     }
   for(int i=0; i<ArraySize(names); i++)
      if(!CTerminalReader::Exists(names[i]))
        {
         RefuseSymbol(names[i]);
         return;
        }
   //--- a cursor serves the same request only
   string request=op+" "+symbol;
   int    asked=m_reader.Find(m_args,"names");
   if(op=="snapshot")
      asked=since;
   if(asked>=0 && m_reader.GetRaw(asked,raw))
      request+=raw;
   if(paged)
     {
      if(!m_pager.Next(m_session,request,cursor,m_now,items,start,end,seq,more))
        {
         Refuse("BAD_CURSOR","Cannot give the page: its result is gone");
         return;
        }
     }
   else
     {
      if(op!="symbols" && op!="outcomes")
         ScanNow();
      seq=m_ledger.Seq();
      if(!Collect(op,symbol,names,named,items) || !m_pager.First(m_session,request,items,seq,m_now,end,more))
        {
         Refuse("INTERNAL","Cannot answer: the agent has no memory or no history for it");
         return;
        }
     }
   BeginResult(seq);
   if(op=="snapshot")
     {
      m_json.Name("account");
      CRecordWriter::Account(m_json);
     }
   for(int list=0; list<4; list++)
     {
      if(list>0 && op!="snapshot")
         break;
      if(op=="snapshot")
         m_json.Name(g_snapshot_lists[list]);
      else
         m_json.Name(op);
      m_json.BeginList();
      for(int k=start; k<end; k++)
         if(items.lists[k]==list)
            m_json.Raw(items.texts[k]);
      m_json.EndList();
     }
   GiveMore(more);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| The items of a paged operation                                 |
//+------------------------------------------------------------------+
bool CAgentPages::Collect(const string op,const string symbol,const string &names[],const bool named,CPageItems &items)
  {
   CJsonWriter json;
   items.Clear();
   if(op=="outcomes")
     {
      int slots[];
      int count=Awaited(m_sessions.items[m_session].instance,slots);
      for(int i=0; i<count; i++)
         if(!items.Add(0,m_journal.entries[slots[i]].outcome))
            return(false);
      return(true);
     }
   if(op=="symbols")
     {
      int total=ArraySize(names);
      if(!named)
         total=SymbolsTotal(false);
      for(int s=0; s<total; s++)
        {
         string name="";
         if(named)
            name=names[s];
         else
            name=SymbolName(s,false);
         json.Reset();
         if(CRecordWriter::SymbolRecord(json,name) && !items.Add(0,json.Whole()))
            return(false);
        }
      return(true);
     }
   if(op=="positions" || op=="snapshot")
      for(int p=0; p<ArraySize(m_shadow.positions); p++)
        {
         if(symbol!="" && m_shadow.positions[p].symbol!=symbol)
            continue;
         json.Reset();
         CRecordWriter::Position(json,m_shadow.positions[p]);
         if(!items.Add(0,json.Whole()))
            return(false);
        }
   int list=0;
   if(op=="snapshot")
      list=1;
   if(op=="orders" || op=="snapshot")
      for(int o=0; o<ArraySize(m_shadow.orders); o++)
        {
         if(symbol!="" && m_shadow.orders[o].symbol!=symbol)
            continue;
         json.Reset();
         CRecordWriter::OrderRecord(json,m_shadow.orders[o]);
         if(!items.Add(list,json.Whole()))
            return(false);
        }
   if(op=="snapshot" && m_reader.Find(m_args,"since")>=0)
      return(CollectHistory(items));
   return(true);
  }
//+------------------------------------------------------------------+
//| Orders finished and deals made since a time, and the ends of the orders that are tracked|
//+------------------------------------------------------------------+
bool CAgentPages::CollectHistory(CPageItems &items)
  {
   CJsonWriter json;
   SOrder      record;
   SDeal       deal;
   long        from=0;
   int         since=m_reader.Find(m_args,"since");
   int         list=m_reader.Find(since,"orders");
   ulong       tracked[];
   int         count=0;
   if(!Whole(since,"brokerMs",0,from) || ArrayResize(tracked,m_reader.Count(list))<0)
      return(false);
   for(int child=m_reader.First(list); child>=0; child=m_reader.Next(child))
     {
      if(!m_reader.GetUlong(child,tracked[count]))
         return(false);
      count++;
     }
   //--- the end of a tracked order may be older than the time asked for
   bool good=false;
   if(count>0)
      good=CTerminalReader::SelectHistory(0);
   else
      good=CTerminalReader::SelectHistory(from);
   if(!good)
      return(false);
   for(int i=0; i<HistoryOrdersTotal(); i++)
     {
      if(!CTerminalReader::HistoryOrderAt(i,record))
         continue;
      bool wanted=record.done_ms>=from;
      for(int k=0; k<count && !wanted; k++)
         wanted=tracked[k]==record.ticket;
      if(!wanted)
         continue;
      json.Reset();
      CRecordWriter::OrderRecord(json,record);
      if(!items.Add(2,json.Whole()))
         return(false);
     }
   for(int d=0; d<HistoryDealsTotal(); d++)
     {
      if(!CTerminalReader::HistoryDealAt(d,deal) || deal.time_ms<from)
         continue;
      json.Reset();
      CRecordWriter::Deal(json,deal);
      if(!items.Add(3,json.Whole()))
         return(false);
     }
   return(true);
  }
#endif
//+------------------------------------------------------------------+
