//+------------------------------------------------------------------+
//|                                                 AgentHistory.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_AGENTHISTORY_MQH
#define MT5CONNECTOR_AGENT_AGENTHISTORY_MQH
#include <MT5Connector/Agent/AgentPages.mqh>

//+------------------------------------------------------------------+
//| What is asked of a history: a span of broker time, an order, or a position|
//+------------------------------------------------------------------+
struct SHistoryWish
  {
   long              from_ms;
   long              to_ms;
   ulong             ticket;
   ulong             position;
   bool              by_ticket;
   bool              by_position;
   string            symbol;
  };

//+------------------------------------------------------------------+
//| Finished orders, deals and ticks of the past (docs/protocol.md, 4.3)|
//+------------------------------------------------------------------+
class CAgentHistory : public CAgentPages
  {
private:
   bool              ReadWish(SHistoryWish &wish);
   bool              TicketArg(const string name,ulong &value,int &given);
   static bool       IsIn(const SHistoryWish &wish,const long broker_ms) { return(broker_ms>=wish.from_ms && broker_ms<=wish.to_ms); }
   bool              CollectOrders(const SHistoryWish &wish,CPageItems &items);
   bool              CollectDeals(const SHistoryWish &wish,CPageItems &items);
   static int        Place(const long &times[],const ulong &tickets[],const int count,const long broker_ms,const ulong ticket);
   bool              ReadTickCursor(const string cursor,long &seq,long &from_ms,long &skip) const;
protected:
   void              RunHistory(const string op);
   void              RunTicks(void);
  };
//+------------------------------------------------------------------+
//| A ticket that may be left out; false if it is there and wrong  |
//+------------------------------------------------------------------+
bool CAgentHistory::TicketArg(const string name,ulong &value,int &given)
  {
   int node=m_reader.Find(m_args,name);
   value=0;
   if(node<0)
      return(true);
   given++;
   return(m_reader.Kind(node)==JSON_TEXT && m_reader.GetUlong(node,value) && (value>>63)==0);
  }
//+------------------------------------------------------------------+
//| Reads what is asked; exactly one way to select                 |
//+------------------------------------------------------------------+
bool CAgentHistory::ReadWish(SHistoryWish &wish)
  {
   int  given=0;
   bool by_symbol=false;
   bool from=m_reader.Find(m_args,"fromBrokerMs")>=0;
   bool to=m_reader.Find(m_args,"toBrokerMs")>=0;
   wish.from_ms=0;
   wish.to_ms=(long)1<<53;
   if(from!=to || (from && (!Whole(m_args,"fromBrokerMs",0,wish.from_ms) || !Whole(m_args,"toBrokerMs",0,wish.to_ms))))
      return(false);
   if(from)
      given++;
   wish.by_ticket=m_reader.Find(m_args,"ticket")>=0;
   wish.by_position=m_reader.Find(m_args,"position")>=0;
   return(TicketArg("ticket",wish.ticket,given) && TicketArg("position",wish.position,given) && given==1 &&
          Optional("symbol",wish.symbol,by_symbol));
  }
//+------------------------------------------------------------------+
//| Where a record stands by time, then by ticket; they come nearly in this order|
//+------------------------------------------------------------------+
static int CAgentHistory::Place(const long &times[],const ulong &tickets[],const int count,const long broker_ms,const ulong ticket)
  {
   int place=count;
   while(place>0 && (times[place-1]>broker_ms || (times[place-1]==broker_ms && tickets[place-1]>ticket)))
      place--;
   return(place);
  }
//+------------------------------------------------------------------+
//| Finished orders, oldest first by the time they ended           |
//+------------------------------------------------------------------+
bool CAgentHistory::CollectOrders(const SHistoryWish &wish,CPageItems &items)
  {
   CJsonWriter json;
   SOrder      record;
   long        times[];
   ulong       tickets[];
   int         count=0;
   int         total=HistoryOrdersTotal();
   if(ArrayResize(times,total)!=total || ArrayResize(tickets,total)!=total)
      return(false);
   for(int i=0; i<total; i++)
     {
      if(!CTerminalReader::HistoryOrderAt(i,record) || (wish.symbol!="" && record.symbol!=wish.symbol) || !IsIn(wish,record.done_ms))
         continue;
      if((wish.by_ticket && record.ticket!=wish.ticket) ||
         (wish.by_position && record.position!=wish.position && record.position_by!=wish.position))
         continue;
      json.Reset();
      CRecordWriter::OrderRecord(json,record);
      int place=Place(times,tickets,count,record.done_ms,record.ticket);
      if(!items.Insert(place,0,json.Whole()))
         return(false);
      for(int k=count; k>place; k--)
        {
         times[k]=times[k-1];
         tickets[k]=tickets[k-1];
        }
      times[place]=record.done_ms;
      tickets[place]=record.ticket;
      count++;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Deals, oldest first                                            |
//+------------------------------------------------------------------+
bool CAgentHistory::CollectDeals(const SHistoryWish &wish,CPageItems &items)
  {
   CJsonWriter json;
   SDeal       deal;
   long        times[];
   ulong       tickets[];
   int         count=0;
   int         total=HistoryDealsTotal();
   if(ArrayResize(times,total)!=total || ArrayResize(tickets,total)!=total)
      return(false);
   for(int i=0; i<total; i++)
     {
      if(!CTerminalReader::HistoryDealAt(i,deal) || (wish.symbol!="" && deal.symbol!=wish.symbol) || !IsIn(wish,deal.time_ms))
         continue;
      if((wish.by_ticket && deal.order!=wish.ticket) || (wish.by_position && deal.position!=wish.position))
         continue;
      json.Reset();
      CRecordWriter::Deal(json,deal);
      int place=Place(times,tickets,count,deal.time_ms,deal.ticket);
      if(!items.Insert(place,0,json.Whole()))
         return(false);
      for(int k=count; k>place; k--)
        {
         times[k]=times[k-1];
         tickets[k]=tickets[k-1];
        }
      times[place]=deal.time_ms;
      tickets[place]=deal.ticket;
      count++;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| `history.orders` and `history.deals`                           |
//+------------------------------------------------------------------+
void CAgentHistory::RunHistory(const string op)
  {
   CPageItems   items;
   SHistoryWish wish;
   string       cursor="";
   string       more="";
   bool         paged=false;
   bool         of_orders=op=="history.orders";
   int          start=0;
   int          end=0;
   long         seq=0;
   if(!ReadWish(wish) || !Optional("cursor",cursor,paged) || (paged && !CNames::IsLabel(cursor)))
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of "+op+": fromBrokerMs and toBrokerMs, or ticket, or position are needed");
      return;
     }
   string request=op+" "+wish.symbol+" "+(string)wish.from_ms+" "+(string)wish.to_ms+" "+(string)wish.ticket+" "+(string)wish.position;
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
      ScanNow();
      seq=m_ledger.Seq();
      //--- the reference does not say by which of its times an order is selected, so all of them are looked at
      long from=wish.from_ms;
      if(of_orders)
         from=0;
      if(Unready()!="" || !CTerminalReader::SelectHistory(from))
        {
         Refuse("HISTORY_LOADING","Cannot give the history: the terminal has not loaded it yet");
         return;
        }
      bool good=false;
      if(of_orders)
         good=CollectOrders(wish,items);
      else
         good=CollectDeals(wish,items);
      if(!good || !m_pager.First(m_session,request,items,seq,m_now,end,more))
        {
         Refuse("INTERNAL","Cannot answer: the agent has no memory for it");
         return;
        }
     }
   BeginResult(seq);
   if(of_orders)
      m_json.Name("orders");
   else
      m_json.Name("deals");
   m_json.BeginList();
   for(int k=start; k<end; k++)
      m_json.Raw(items.texts[k]);
   m_json.EndList();
   GiveMore(more);
   EndResult(false);
  }
//+------------------------------------------------------------------+
//| A place among ticks: the ledger's position then, a time, and how many ticks of that very millisecond have been given|
//+------------------------------------------------------------------+
bool CAgentHistory::ReadTickCursor(const string cursor,long &seq,long &from_ms,long &skip) const
  {
   uchar digits[];
   int   count=CUtf8::Encode(cursor,digits);
   int   first=StringFind(cursor,".");
   int   second=StringFind(cursor,".",first+1);
   return(first>0 && second>first && CNumber::ParseLong(digits,0,first,seq) && seq>=0 &&
          CNumber::ParseLong(digits,first+1,second-first-1,from_ms) && from_ms>0 &&
          CNumber::ParseLong(digits,second+1,count-second-1,skip) && skip>=0 && skip<=AGENT_TICKS_SKIP_MAX);
  }
//+------------------------------------------------------------------+
//| `ticks`: a page goes on where the last one ended               |
//+------------------------------------------------------------------+
void CAgentHistory::RunTicks(void)
  {
   MqlTick ticks[];
   string  symbol="";
   string  cursor="";
   bool    given=false;
   bool    paged=false;
   long    from_ms=0;
   long    to_ms=0;
   long    seq=m_ledger.Seq();
   long    skip=0;
   if(!Optional("symbol",symbol,given) || !given || !Whole(m_args,"fromBrokerMs",0,from_ms) || !Whole(m_args,"toBrokerMs",0,to_ms) ||
      !Optional("cursor",cursor,paged))
     {
      Refuse("BAD_REQUEST","Cannot read the arguments of ticks");
      return;
     }
   bool shown=CTerminalReader::Exists(symbol);
   if(shown && SymbolInfoInteger(symbol,SYMBOL_SELECT)==0)
      shown=SymbolSelect(symbol,true);
   if(!shown)
     {
      RefuseSymbol(symbol);
      return;
     }
   if(paged && !ReadTickCursor(cursor,seq,from_ms,skip))
     {
      Refuse("BAD_CURSOR","Cannot give the page: there is no such cursor");
      return;
     }
   //--- CopyTicks takes 0 for "the last ones"
   if(from_ms<1)
      from_ms=1;
   uint ask=(uint)(skip+AGENT_TICKS_PER_PAGE+1);
   ResetLastError();
   int  got=CopyTicks(symbol,ticks,COPY_TICKS_ALL,(ulong)from_ms,ask);
   //--- what it has so far it gives all the same when the time for loading the rest is up, and says so by the error alone
   bool partly=GetLastError()==AGENT_ERROR_HISTORY_TIMEOUT;
   if(got<0 || partly || Unready()!="")
     {
      Refuse("HISTORY_LOADING","Cannot give the ticks: the terminal has not loaded them yet");
      return;
     }
   int first=0;
   while(first<got && first<skip && ticks[first].time_msc==from_ms)
      first++;
   int end=first;
   while(end<got && end-first<AGENT_TICKS_PER_PAGE && ticks[end].time_msc<=to_ms)
      end++;
   int n=end-first;
   if(!CBytes::Resize(m_bulk,n*60))
     {
      Refuse("INTERNAL","Cannot answer: the agent has no memory for it");
      return;
     }
   for(int i=0; i<n; i++)
      CTickFeeds::PackTick(ticks[first+i],m_bulk,i*60);
   string more="";
   if(n>0 && end<got && ticks[end].time_msc<=to_ms)
     {
      long last=ticks[end-1].time_msc;
      long same=0;
      for(int b=end-1; b>=0 && ticks[b].time_msc==last; b--)
         same++;
      more=(string)seq+"."+(string)last+"."+(string)same;
     }
   BeginResult(seq);
   CRecordWriter::Word(m_json,"symbol",symbol);
   CRecordWriter::Integer(m_json,"n",n);
   GiveMore(more);
   EndResult(n>0);
  }
#endif
//+------------------------------------------------------------------+
