//+------------------------------------------------------------------+
//|                                                       Shadow.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_SHADOW_MQH
#define MT5CONNECTOR_AGENT_SHADOW_MQH
#include <MT5Connector/Agent/RecordWriter.mqh>

//+------------------------------------------------------------------+
//| Tickets of finished orders or of deals that have been told, with the broker times at which they happened|
//+------------------------------------------------------------------+
class CTicketSet
  {
private:
   ulong             m_tickets[];
   long              m_times[];
   int               m_count;
   ulong             m_highest;
   int               Place(const ulong ticket) const;
public:
                     CTicketSet(void);
   bool              Has(const ulong ticket) const;
   bool              Add(const ulong ticket,const long broker_ms);
   void              Raise(const ulong ticket);
   ulong             Highest(void) const { return(m_highest); }
   void              Prune(const long before_ms);
   int               Count(void) const { return(m_count); }
  };
//+------------------------------------------------------------------+
//| None                                                           |
//+------------------------------------------------------------------+
CTicketSet::CTicketSet(void)
  {
   m_count=0;
   m_highest=0;
  }
//+------------------------------------------------------------------+
//| Where a ticket stands or would stand                           |
//+------------------------------------------------------------------+
int CTicketSet::Place(const ulong ticket) const
  {
   int low=0;
   int high=m_count;
   while(low<high)
     {
      int middle=(low+high)/2;
      if(m_tickets[middle]<ticket)
         low=middle+1;
      else
         high=middle;
     }
   return(low);
  }
//+------------------------------------------------------------------+
//| Whether a ticket has been told                                 |
//+------------------------------------------------------------------+
bool CTicketSet::Has(const ulong ticket) const
  {
   int place=Place(ticket);
   return(place<m_count && m_tickets[place]==ticket);
  }
//+------------------------------------------------------------------+
//| Notes a ticket; false if it was known                          |
//+------------------------------------------------------------------+
bool CTicketSet::Add(const ulong ticket,const long broker_ms)
  {
   int place=Place(ticket);
   if(place<m_count && m_tickets[place]==ticket)
      return(false);
   int more=m_count+1;
   if(more>ArraySize(m_tickets) && (ArrayResize(m_tickets,more+4096)!=more+4096 || ArrayResize(m_times,more+4096)!=more+4096))
      return(false);
   for(int i=m_count; i>place; i--)
     {
      m_tickets[i]=m_tickets[i-1];
      m_times[i]=m_times[i-1];
     }
   m_tickets[place]=ticket;
   m_times[place]=broker_ms;
   m_count=more;
   Raise(ticket);
   return(true);
  }
//+------------------------------------------------------------------+
//| Notes a ticket as seen without keeping it                      |
//+------------------------------------------------------------------+
void CTicketSet::Raise(const ulong ticket)
  {
   if(ticket>m_highest)
      m_highest=ticket;
  }
//+------------------------------------------------------------------+
//| Forgets what is older than the window that is looked at        |
//+------------------------------------------------------------------+
void CTicketSet::Prune(const long before_ms)
  {
   int kept=0;
   for(int i=0; i<m_count; i++)
      if(m_times[i]>=before_ms)
        {
         m_tickets[kept]=m_tickets[i];
         m_times[kept]=m_times[i];
         kept++;
        }
   m_count=kept;
  }

//+------------------------------------------------------------------+
//| What the ledger has told so far of the terminal's tables. Each scan compares it with the tables themselves and gives|
//+------------------------------------------------------------------+
//+------------------------------------------------------------------+
//| the difference as ledger payloads: transactions are hints to scan, not what is believed.|
//+------------------------------------------------------------------+
class CShadow
  {
private:
   CTicketSet        m_done_orders;
   CTicketSet        m_deals;
   ulong             m_taken_ids[];
   long              m_taken_units[];
   ulong             m_missed[];
   long              m_missed_ms[];
   ulong             m_amended[];
   double            m_balance;
   double            m_credit;
   void              Publish(const string payload);
   void              ScanDeals(void);
   void              ScanPositions(const long now);
   void              ScanBalance(void);
   void              TellOrder(const SOrder &record,const string change);
   void              TellDeal(const SDeal &deal,const string change);
   void              TellPosition(const SPosition &position,const string change);
   int               FindOrder(const ulong ticket) const;
   int               FindPosition(const ulong ticket) const;
   int               FindTaken(const ulong identifier) const;
   bool              IsClosed(const SPosition &position,const long now);
   void              ForgetMissed(const ulong ticket);
   static string     FinalChange(const int state);
   static bool       SamePosition(const SPosition &a,const SPosition &b);
   static bool       SameOrder(const SOrder &a,const SOrder &b);
public:
   SPosition         positions[];
   SOrder            orders[];
   string            payloads[];
                     CShadow(void);
   bool              Start(void);
   void              Amend(const ulong deal);
   bool              Scan(const long now);
   bool              Highest(ulong &record,ulong &deal);
   bool              IsActive(const ulong ticket) const { return(FindOrder(ticket)>=0); }
  };
//+------------------------------------------------------------------+
//| Knows nothing                                                  |
//+------------------------------------------------------------------+
CShadow::CShadow(void)
  {
   m_balance=0.0;
   m_credit=0.0;
  }
//+------------------------------------------------------------------+
//| Takes the tables as they are, without telling                  |
//+------------------------------------------------------------------+
bool CShadow::Start(void)
  {
   SOrder record;
   SDeal  deal;
   long   window=CTerminalReader::BrokerMs()-(long)AGENT_HISTORY_SECONDS*1000;
   if(!CTerminalReader::SelectHistory(0))
      return(false);
   for(int i=0; i<HistoryOrdersTotal(); i++)
      if(CTerminalReader::HistoryOrderAt(i,record))
        {
         m_done_orders.Raise(record.ticket);
         if(record.done_ms>=window-1000)
            m_done_orders.Add(record.ticket,record.done_ms);
        }
   for(int k=0; k<HistoryDealsTotal(); k++)
      if(CTerminalReader::HistoryDealAt(k,deal))
        {
         m_deals.Raise(deal.ticket);
         if(deal.time_ms>=window-1000)
            m_deals.Add(deal.ticket,deal.time_ms);
        }
   int count=0;
   for(int p=0; p<PositionsTotal(); p++)
     {
      if(ArrayResize(positions,count+1,64)!=count+1)
         return(false);
      if(CTerminalReader::PositionAt(p,positions[count]))
         count++;
     }
   if(ArrayResize(positions,count,64)!=count)
      return(false);
   count=0;
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
//| One payload more                                               |
//+------------------------------------------------------------------+
void CShadow::Publish(const string payload)
  {
   int count=ArraySize(payloads);
   if(payload=="" || ArrayResize(payloads,count+1,64)!=count+1)
     {
      Print("MT5Connector: an event of the terminal's tables cannot be written");
      return;
     }
   payloads[count]=payload;
  }
//+------------------------------------------------------------------+
//| An order                                                       |
//+------------------------------------------------------------------+
void CShadow::TellOrder(const SOrder &record,const string change)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"type","order");
   CRecordWriter::Word(json,"change",change);
   json.Name("order");
   CRecordWriter::OrderRecord(json,record);
   json.EndObject();
   Publish(json.Whole());
  }
//+------------------------------------------------------------------+
//| A deal                                                         |
//+------------------------------------------------------------------+
void CShadow::TellDeal(const SDeal &deal,const string change)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"type","deal");
   CRecordWriter::Word(json,"change",change);
   json.Name("deal");
   CRecordWriter::Deal(json,deal);
   json.EndObject();
   Publish(json.Whole());
  }
//+------------------------------------------------------------------+
//| A position                                                     |
//+------------------------------------------------------------------+
void CShadow::TellPosition(const SPosition &position,const string change)
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"type","position");
   CRecordWriter::Word(json,"change",change);
   json.Name("position");
   CRecordWriter::Position(json,position);
   json.EndObject();
   Publish(json.Whole());
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
//| A position that has been told, or -1                           |
//+------------------------------------------------------------------+
int CShadow::FindPosition(const ulong ticket) const
  {
   for(int i=0; i<ArraySize(positions); i++)
      if(positions[i].ticket==ticket)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| What deals have taken out of a position                        |
//+------------------------------------------------------------------+
int CShadow::FindTaken(const ulong identifier) const
  {
   for(int i=0; i<ArraySize(m_taken_ids); i++)
      if(m_taken_ids[i]==identifier)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| What happened to an order that is finished                     |
//+------------------------------------------------------------------+
static string CShadow::FinalChange(const int state)
  {
   switch(state)
     {
      case ORDER_STATE_FILLED:
         return("filled");
      case ORDER_STATE_PARTIAL:
         return("partiallyFilled");
      case ORDER_STATE_REJECTED:
         return("rejected");
      case ORDER_STATE_EXPIRED:
         return("expired");
      default:
         return("cancelled");
     }
  }
//+------------------------------------------------------------------+
//| Whether two readings of a position tell the same               |
//+------------------------------------------------------------------+
static bool CShadow::SamePosition(const SPosition &a,const SPosition &b)
  {
   return(CNumber::SameDouble(a.volume,b.volume) && CNumber::SameDouble(a.price_open,b.price_open) &&
          CNumber::SameDouble(a.stop_loss,b.stop_loss) && CNumber::SameDouble(a.take_profit,b.take_profit) &&
          CNumber::SameDouble(a.swap,b.swap));
  }
//+------------------------------------------------------------------+
//| Whether two readings of an order tell the same                 |
//+------------------------------------------------------------------+
static bool CShadow::SameOrder(const SOrder &a,const SOrder &b)
  {
   return(a.state==b.state && CNumber::SameDouble(a.volume_current,b.volume_current) && CNumber::SameDouble(a.price,b.price) &&
          CNumber::SameDouble(a.price_stoplimit,b.price_stoplimit) && CNumber::SameDouble(a.stop_loss,b.stop_loss) &&
          CNumber::SameDouble(a.take_profit,b.take_profit) && a.time_in_force==b.time_in_force && a.expiration_ms==b.expiration_ms);
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
   SOrder record;
   int    count=0;
   long   window=CTerminalReader::BrokerMs()-(long)AGENT_HISTORY_SECONDS*1000;
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
   if(!CTerminalReader::SelectHistory(window))
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
      if(!m_done_orders.Add(ticket,record.done_ms))
         continue;
      int gone=FindOrder(ticket);
      if(gone>=0)
        {
         for(int m=gone; m+1<ArraySize(orders); m++)
            orders[m]=orders[m+1];
         if(ArrayResize(orders,ArraySize(orders)-1,64)<0)
            return(false);
        }
      TellOrder(record,FinalChange(record.state));
     }
   ScanDeals();
   ScanPositions(now);
   ScanBalance();
   if(m_done_orders.Count()+m_deals.Count()>8192)
     {
      m_done_orders.Prune(window-60000);
      m_deals.Prune(window-60000);
     }
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
      if(deal.entry!=(int)DEAL_ENTRY_IN)
        {
         int taken=FindTaken(deal.position);
         if(taken<0)
           {
            taken=ArraySize(m_taken_ids);
            if(ArrayResize(m_taken_ids,taken+1,16)==taken+1 && ArrayResize(m_taken_units,taken+1,16)==taken+1)
              {
               m_taken_ids[taken]=deal.position;
               m_taken_units[taken]=0;
              }
           }
         m_taken_units[taken]+=CNames::Units(deal.volume);
        }
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
//| Whether a position that is not in the table any more is closed; if not, it is looked for a while|
//+------------------------------------------------------------------+
bool CShadow::IsClosed(const SPosition &position,const long now)
  {
   long taken_units=0;
   long since=now;
   int  taken=FindTaken(position.identifier);
   if(taken>=0)
      taken_units=m_taken_units[taken];
   int count=ArraySize(m_missed);
   int missed=-1;
   for(int i=0; i<count; i++)
      if(m_missed[i]==position.ticket)
         missed=i;
   if(missed>=0)
      since=m_missed_ms[missed];
   if(taken_units<CNames::Units(position.volume) && now-since<AGENT_CLOSING_DEAL_MS)
     {
      if(missed<0 && ArrayResize(m_missed,count+1,16)==count+1 && ArrayResize(m_missed_ms,count+1,16)==count+1)
        {
         m_missed[count]=position.ticket;
         m_missed_ms[count]=now;
        }
      return(false);
     }
   ForgetMissed(position.ticket);
   if(taken>=0)
      m_taken_units[taken]=0;
   return(true);
  }
//+------------------------------------------------------------------+
//| A position is there again, or is closed                        |
//+------------------------------------------------------------------+
void CShadow::ForgetMissed(const ulong ticket)
  {
   for(int i=0; i<ArraySize(m_missed); i++)
      if(m_missed[i]==ticket)
         m_missed[i]=0;
  }
//+------------------------------------------------------------------+
//| Positions that are new, changed or gone                        |
//+------------------------------------------------------------------+
void CShadow::ScanPositions(const long now)
  {
   SPosition after[];
   int       count=0;
   for(int i=0; i<PositionsTotal(); i++)
     {
      if(ArrayResize(after,count+1,64)!=count+1)
         return;
      if(CTerminalReader::PositionAt(i,after[count]))
         count++;
     }
   if(ArrayResize(after,count,64)!=count)
      return;
   int there=count;
   for(int b=0; b<ArraySize(positions); b++)
     {
      bool found=false;
      for(int k=0; k<there; k++)
         found=found || after[k].ticket==positions[b].ticket;
      if(found)
         continue;
      if(IsClosed(positions[b],now))
        {
         TellPosition(positions[b],"closed");
         continue;
        }
      if(ArrayResize(after,count+1,64)!=count+1)
         return;
      after[count]=positions[b];
      count++;
     }
   for(int a=0; a<there; a++)
     {
      int known=FindPosition(after[a].ticket);
      ForgetMissed(after[a].ticket);
      int taken=FindTaken(after[a].identifier);
      if(taken>=0 && known>=0)
        {
         long shown=CNames::Units(positions[known].volume)-CNames::Units(after[a].volume);
         if(shown>=m_taken_units[taken])
            m_taken_units[taken]=0;
         else
            if(shown>0)
               m_taken_units[taken]-=shown;
        }
      if(taken>=0 && known<0)
         m_taken_units[taken]=0;
      if(known<0)
         TellPosition(after[a],"opened");
      else
         if(!SamePosition(positions[known],after[a]))
            TellPosition(after[a],"modified");
     }
   if(ArrayResize(positions,count,64)!=count)
      return;
   for(int c=0; c<count; c++)
      positions[c]=after[c];
   int kept=0;
   for(int t=0; t<ArraySize(m_taken_ids); t++)
      if(m_taken_units[t]>0)
        {
         m_taken_ids[kept]=m_taken_ids[t];
         m_taken_units[kept]=m_taken_units[t];
         kept++;
        }
   if(ArrayResize(m_taken_ids,kept,16)!=kept || ArrayResize(m_taken_units,kept,16)!=kept)
      return;
  }
//+------------------------------------------------------------------+
//| Balance and credit                                             |
//+------------------------------------------------------------------+
void CShadow::ScanBalance(void)
  {
   CJsonWriter json;
   double balance=AccountInfoDouble(ACCOUNT_BALANCE);
   double credit=AccountInfoDouble(ACCOUNT_CREDIT);
   if(CNumber::SameDouble(balance,m_balance) && CNumber::SameDouble(credit,m_credit))
      return;
   m_balance=balance;
   m_credit=credit;
   json.BeginObject();
   CRecordWriter::Word(json,"type","balance");
   CRecordWriter::Number(json,"balance",balance);
   CRecordWriter::Number(json,"credit",credit);
   json.EndObject();
   Publish(json.Whole());
  }
#endif
//+------------------------------------------------------------------+
