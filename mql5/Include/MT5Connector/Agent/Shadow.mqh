//+------------------------------------------------------------------+
//|                                                       Shadow.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_SHADOW_MQH
#define MT5CONNECTOR_AGENT_SHADOW_MQH
#include <MT5Connector/Agent/ShadowPositions.mqh>
#include <MT5Connector/Agent/TicketSet.mqh>

//+------------------------------------------------------------------+
//| What the ledger has told so far of the terminal's tables. Each scan compares it with the tables themselves|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| and gives the difference: transactions are hints to scan, not what is believed.|
//+------------------------------------------------------------------+
class CShadow : public CShadowPositions
  {
private:
   CTicketSet        m_done_orders;
   CTicketSet        m_deals;
   ulong             m_amended[];
   double            m_balance;
   double            m_credit;
   long              m_scanned_ms;
   long              m_reach_ms;
   long              m_reach_until;
   long              m_look_ms;
   long              m_look_pause;
   long              Window(const long now);
   bool              FindEnds(const SOrder &active[],const int count,const long now,SOrder &ends[]);
   void              TakeEnd(const SOrder &record);
   void              ScanDeals(void);
   void              ScanBalance(void);
   int               FindOrder(const ulong ticket) const;
public:
   SOrder            orders[];
                     CShadow(void);
   bool              Start(const long now);
   void              Amend(const ulong deal);
   bool              Scan(const long now);
   bool              Highest(ulong &record,ulong &deal);
   ulong             HighestDeal(void) const { return(m_deals.Highest()); }
  };
//+------------------------------------------------------------------+
//| Knows nothing                                                  |
//+------------------------------------------------------------------+
CShadow::CShadow(void)
  {
   m_balance=0.0;
   m_credit=0.0;
   m_scanned_ms=0;
   m_reach_ms=0;
   m_reach_until=0;
   m_look_ms=0;
   m_look_pause=AGENT_LOOK_MS;
  }
//+------------------------------------------------------------------+
//| Ends of orders that are gone from the table, and that the window of the history does not show. The reference does not say by|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| which of its times an order is selected, so an old one is looked for in all of it, now and then|
//+------------------------------------------------------------------+
bool CShadow::FindEnds(const SOrder &active[],const int count,const long now,SOrder &ends[])
  {
   SOrder record;
   int    found=0;
   bool   missing=false;
   for(int i=0; i<ArraySize(orders); i++)
     {
      bool there=false;
      for(int k=0; k<count && !there; k++)
         there=active[k].ticket==orders[i].ticket;
      missing=missing || !there;
     }
   if(!missing)
     {
      m_look_pause=AGENT_LOOK_MS;
      m_look_ms=now+AGENT_LOOK_MS;
     }
   if(!missing || now<m_look_ms)
      return(true);
   m_look_ms=now+m_look_pause;
   if(m_look_pause<AGENT_LOOK_MS*60)
      m_look_pause*=2;
   if(!CTerminalReader::SelectHistory(0))
      return(false);
   for(int h=0; h<HistoryOrdersTotal(); h++)
     {
      ulong ticket=HistoryOrderGetTicket(h);
      if(ticket==0 || FindOrder(ticket)<0 || m_done_orders.Has(ticket) || !CTerminalReader::HistoryOrderAt(h,record))
         continue;
      if(ArrayResize(ends,found+1,16)!=found+1)
         return(false);
      ends[found]=record;
      found++;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Tells of the end of an order, once                             |
//+------------------------------------------------------------------+
void CShadow::TakeEnd(const SOrder &record)
  {
   if(!m_done_orders.Add(record.ticket,record.done_ms))
      return;
   int last=ArraySize(orders)-1;
   int gone=FindOrder(record.ticket);
   if(gone>=0)
     {
      for(int m=gone; m<last; m++)
         orders[m]=orders[m+1];
      if(ArrayResize(orders,last,64)!=last)
         Print("MT5Connector: the list of orders cannot be shortened");
     }
   TellOrder(record,FinalChange(record.state));
  }
//+------------------------------------------------------------------+
//| From when on the history is looked at: an hour back, and as far as may not have been seen. What was done while the terminal|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| was away, or while the clock jumped, shows up later, and not all of it at once|
//+------------------------------------------------------------------+
long CShadow::Window(const long now)
  {
   long from=CTerminalReader::BrokerMs();
   if(from-m_scanned_ms>AGENT_GAP_MS)
     {
      if(now>=m_reach_until || m_scanned_ms<m_reach_ms)
         m_reach_ms=m_scanned_ms;
      m_reach_until=now+AGENT_REACH_MS;
     }
   if(m_scanned_ms<from)
      from=m_scanned_ms;
   if(now<m_reach_until && m_reach_ms<from)
      from=m_reach_ms;
   return(from-(long)AGENT_HISTORY_SECONDS*1000);
  }
//+------------------------------------------------------------------+
//| Takes the tables as they are, without telling                  |
//+------------------------------------------------------------------+
bool CShadow::Start(const long now)
  {
   SOrder record;
   SDeal  deal;
   long   newest=0;
   if(!CTerminalReader::SelectHistory(0))
      return(false);
   //--- what came behind the newest deal that is shown may still be on its way from the trade server
   for(int d=0; d<HistoryDealsTotal(); d++)
      if(CTerminalReader::HistoryDealAt(d,deal) && deal.time_ms>newest)
         newest=deal.time_ms;
   m_scanned_ms=CTerminalReader::BrokerMs();
   if(newest>0 && newest<m_scanned_ms)
     {
      m_reach_ms=newest;
      m_reach_until=now+AGENT_REACH_MS;
     }
   long kept=Window(now)-AGENT_KEPT_MS;
   for(int i=0; i<HistoryOrdersTotal(); i++)
      if(CTerminalReader::HistoryOrderAt(i,record))
        {
         m_done_orders.Raise(record.ticket);
         if(record.done_ms>=kept)
            m_done_orders.Add(record.ticket,record.done_ms);
        }
   for(int k=0; k<HistoryDealsTotal(); k++)
      if(CTerminalReader::HistoryDealAt(k,deal))
        {
         m_deals.Raise(deal.ticket);
         if(deal.time_ms>=kept)
            m_deals.Add(deal.ticket,deal.time_ms);
        }
   if(!StartPositions())
      return(false);
   int count=0;
   for(int o=0; o<OrdersTotal(); o++)
     {
      if(ArrayResize(orders,count+1,64)!=count+1)
         return(false);
      if(CTerminalReader::OrderAt(o,orders[count]))
         count++;
     }
   m_balance=AccountInfoDouble(ACCOUNT_BALANCE);
   m_credit=AccountInfoDouble(ACCOUNT_CREDIT);
   return(ArrayResize(orders,count,64)==count);
  }
//+------------------------------------------------------------------+
//| A transaction has named a deal as changed or withdrawn         |
//+------------------------------------------------------------------+
void CShadow::Amend(const ulong deal)
  {
   int count=ArraySize(m_amended);
   if(deal==0 || ArrayResize(m_amended,count+1,16)!=count+1)
      return;
   m_amended[count]=deal;
  }
//+------------------------------------------------------------------+
//| An active order that has been told, or -1                      |
//+------------------------------------------------------------------+
int CShadow::FindOrder(const ulong ticket) const
  {
   for(int i=0; i<ArraySize(orders); i++)
      if(orders[i].ticket==ticket)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| The highest tickets that the terminal shows now                |
//+------------------------------------------------------------------+
bool CShadow::Highest(ulong &record,ulong &deal)
  {
   record=m_done_orders.Highest();
   deal=m_deals.Highest();
   if(!CTerminalReader::SelectHistory(CTerminalReader::BrokerMs()-(long)AGENT_HISTORY_SECONDS*1000))
      return(false);
   for(int i=0; i<HistoryOrdersTotal(); i++)
     {
      ulong done=HistoryOrderGetTicket(i);
      if(done>record)
         record=done;
     }
   for(int k=0; k<HistoryDealsTotal(); k++)
     {
      ulong made=HistoryDealGetTicket(k);
      if(made>deal)
         deal=made;
     }
   for(int o=0; o<OrdersTotal(); o++)
     {
      ulong active=OrderGetTicket(o);
      if(active>record)
         record=active;
     }
   return(true);
  }
//+------------------------------------------------------------------+
//| Compares with the tables; `payloads` then holds orders, deals, positions and balance, in this order|
//+------------------------------------------------------------------+
bool CShadow::Scan(const long now)
  {
   SOrder active[];
   SOrder ends[];
   SOrder record;
   int    count=0;
   long   window=Window(now);
   if(ArrayResize(payloads,0,64)!=0)
      return(false);
   //--- the table first: an order that finishes between the two readings is then seen in both, not in none
   for(int i=0; i<OrdersTotal(); i++)
     {
      if(ArrayResize(active,count+1,16)!=count+1)
         return(false);
      if(CTerminalReader::OrderAt(i,active[count]))
         count++;
     }
   if(!FindEnds(active,count,now,ends) || !CTerminalReader::SelectHistory(window))
      return(false);
   for(int k=0; k<count; k++)
     {
      if(m_done_orders.Has(active[k].ticket))
         continue;
      int known=FindOrder(active[k].ticket);
      if(known>=0 && SameOrder(orders[known],active[k]))
         continue;
      string change="placed";
      if(known>=0)
        {
         change="modified";
         if(active[k].volume_current<orders[known].volume_current)
            change="partiallyFilled";
        }
      else
        {
         known=ArraySize(orders);
         if(ArrayResize(orders,known+1,64)!=known+1)
            return(false);
        }
      orders[known]=active[k];
      TellOrder(active[k],change);
     }
   for(int h=0; h<HistoryOrdersTotal(); h++)
     {
      ulong ticket=HistoryOrderGetTicket(h);
      if(ticket==0 || m_done_orders.Has(ticket) || !CTerminalReader::HistoryOrderAt(h,record))
         continue;
      TakeEnd(record);
     }
   for(int e=0; e<ArraySize(ends); e++)
      TakeEnd(ends[e]);
   ScanDeals();
   ScanPositions(now);
   ScanBalance();
   if(m_done_orders.Count()+m_deals.Count()>8192)
     {
      m_done_orders.Prune(window-AGENT_KEPT_MS);
      m_deals.Prune(window-AGENT_KEPT_MS);
     }
   m_scanned_ms=CTerminalReader::BrokerMs();
   return(true);
  }
//+------------------------------------------------------------------+
//| New deals of the selected history, and those that were named as changed|
//+------------------------------------------------------------------+
void CShadow::ScanDeals(void)
  {
   SDeal deal;
   for(int i=0; i<HistoryDealsTotal(); i++)
     {
      ulong ticket=HistoryDealGetTicket(i);
      if(ticket==0 || m_deals.Has(ticket) || !CTerminalReader::HistoryDealAt(i,deal) || !m_deals.Add(ticket,deal.time_ms))
         continue;
      TakeOut(deal);
      TellDeal(deal,"made");
     }
   for(int a=0; a<ArraySize(m_amended); a++)
      for(int k=0; k<HistoryDealsTotal(); k++)
         if(HistoryDealGetTicket(k)==m_amended[a] && CTerminalReader::HistoryDealAt(k,deal))
            TellDeal(deal,"updated");
   if(ArrayResize(m_amended,0,16)<0)
      return;
  }
//+------------------------------------------------------------------+
//| Balance and credit                                             |
//+------------------------------------------------------------------+
void CShadow::ScanBalance(void)
  {
   double balance=AccountInfoDouble(ACCOUNT_BALANCE);
   double credit=AccountInfoDouble(ACCOUNT_CREDIT);
   if(CNumber::SameDouble(balance,m_balance) && CNumber::SameDouble(credit,m_credit))
      return;
   m_balance=balance;
   m_credit=credit;
   TellBalance(balance,credit);
  }
#endif
//+------------------------------------------------------------------+
