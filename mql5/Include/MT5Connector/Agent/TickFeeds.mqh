//+------------------------------------------------------------------+
//|                                                    TickFeeds.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_TICKFEEDS_MQH
#define MT5CONNECTOR_AGENT_TICKFEEDS_MQH
#include <MT5Connector/Agent/TerminalReader.mqh>

//+------------------------------------------------------------------+
//| A symbol whose ticks are followed                              |
//+------------------------------------------------------------------+
struct STickFeed
  {
   string            symbol;
   ulong             sessions;
   long              cursor_ms;
   int               cursor_count;
   long              count;
  };

//+------------------------------------------------------------------+
//| Cursors over the terminal's ticks: none is lost and none is taken twice (docs/protocol.md, 5.5)|
//+------------------------------------------------------------------+
class CTickFeeds
  {
private:
   MqlTick           m_ticks[];
   int               m_first;
   int               m_fresh;
   int               CountAt(const string symbol,const long broker_ms);
public:
   STickFeed         feeds[];
                     CTickFeeds(void);
   int               Size(void) const { return(ArraySize(feeds)); }
   int               Find(const string symbol) const;
   int               Open(const string symbol);
   bool              Pump(const int feed,bool &again);
   int               Fresh(void) const { return(m_fresh); }
   bool              Pack(uchar &bulk[]) const;
   static void       PackTick(const MqlTick &tick,uchar &bulk[],const int at);
   static void       PutDouble(uchar &bulk[],const int at,const double value);
   static void       PutLong(uchar &bulk[],const int at,const ulong value);
  };

//+------------------------------------------------------------------+
//| Follows nothing                                                |
//+------------------------------------------------------------------+
CTickFeeds::CTickFeeds(void)
  {
   m_first=0;
   m_fresh=0;
  }
//+------------------------------------------------------------------+
//| The feed of a symbol, or -1                                    |
//+------------------------------------------------------------------+
int CTickFeeds::Find(const string symbol) const
  {
   for(int i=0; i<ArraySize(feeds); i++)
      if(feeds[i].symbol==symbol)
         return(i);
   return(-1);
  }
//+------------------------------------------------------------------+
//| How many ticks carry a stamp                                   |
//+------------------------------------------------------------------+
int CTickFeeds::CountAt(const string symbol,const long broker_ms)
  {
   for(uint ask=64; ask<1000000; ask*=4)
     {
      int got=CopyTicks(symbol,m_ticks,COPY_TICKS_ALL,(ulong)broker_ms,ask);
      if(got<0)
         return(0);
      if((uint)got==ask && m_ticks[got-1].time_msc==broker_ms)
         continue;
      int count=0;
      while(count<got && m_ticks[count].time_msc==broker_ms)
         count++;
      return(count);
     }
   return(0);
  }
//+------------------------------------------------------------------+
//| Begins to follow a symbol from its last tick on; -1 without memory|
//+------------------------------------------------------------------+
int CTickFeeds::Open(const string symbol)
  {
   MqlTick last;
   int     feed=Find(symbol);
   if(feed>=0)
      return(feed);
   feed=ArraySize(feeds);
   if(ArrayResize(feeds,feed+1,64)!=feed+1)
      return(-1);
   feeds[feed].symbol=symbol;
   feeds[feed].sessions=0;
   feeds[feed].cursor_ms=1;
   feeds[feed].cursor_count=0;
   feeds[feed].count=0;
   if(SymbolInfoTick(symbol,last))
     {
      feeds[feed].cursor_ms=last.time_msc;
      feeds[feed].cursor_count=CountAt(symbol,last.time_msc);
     }
   else
      if(CopyTicks(symbol,m_ticks,COPY_TICKS_ALL,1,1)>0)
         feeds[feed].cursor_ms=CTerminalReader::BrokerMs();
   return(feed);
  }
//+------------------------------------------------------------------+
//| Takes the new ticks of a feed; false if there are none. `again`: there may be more|
//+------------------------------------------------------------------+
bool CTickFeeds::Pump(const int feed,bool &again)
  {
   again=false;
   m_fresh=0;
   uint ask=(uint)feeds[feed].cursor_count+AGENT_TICKS_PER_BATCH;
   int  got=CopyTicks(feeds[feed].symbol,m_ticks,COPY_TICKS_ALL,(ulong)feeds[feed].cursor_ms,ask);
   if(got<=0)
      return(false);
   m_first=0;
   while(m_first<got && m_first<feeds[feed].cursor_count && m_ticks[m_first].time_msc==feeds[feed].cursor_ms)
      m_first++;
   m_fresh=got-m_first;
   if(m_fresh==0)
      return(false);
   long last=m_ticks[got-1].time_msc;
   if(last!=feeds[feed].cursor_ms)
      feeds[feed].cursor_count=0;
   feeds[feed].cursor_ms=last;
   for(int i=got-1; i>=m_first && m_ticks[i].time_msc==last; i--)
      feeds[feed].cursor_count++;
   feeds[feed].count+=m_fresh;
   again=(uint)got==ask;
   return(true);
  }
//+------------------------------------------------------------------+
//| The ticks of the last pump as bulk                             |
//+------------------------------------------------------------------+
bool CTickFeeds::Pack(uchar &bulk[]) const
  {
   if(!CBytes::Resize(bulk,m_fresh*60))
      return(false);
   for(int i=0; i<m_fresh; i++)
      PackTick(m_ticks[m_first+i],bulk,i*60);
   return(true);
  }
//+------------------------------------------------------------------+
//| 64 bits, little end first                                      |
//+------------------------------------------------------------------+
static void CTickFeeds::PutLong(uchar &bulk[],const int at,const ulong value)
  {
   CBytes::PutUint32Le(bulk,at,(uint)((value<<32)>>32));
   CBytes::PutUint32Le(bulk,at+4,(uint)(value>>32));
  }
//+------------------------------------------------------------------+
//| A double's bytes by IEEE 754, worked out with exact steps: MQL5 has no safe cast between the two|
//+------------------------------------------------------------------+
static void CTickFeeds::PutDouble(uchar &bulk[],const int at,const double value)
  {
   ulong  bits=0;
   double left=value;
   long   exponent=1023;
   if(left<0.0)
     {
      bits=(ulong)1<<63;
      left=-left;
     }
   if(left>0.0 && MathIsValidNumber(left))
     {
      while(left>=2.0)
        {
         left/=2.0;
         exponent++;
        }
      while(left<1.0 && exponent>1)
        {
         left*=2.0;
         exponent--;
        }
      if(left<1.0)
         exponent=0;
      else
         left-=1.0;
      bits|=((ulong)exponent<<52)|(ulong)(left*4503599627370496.0);
     }
   PutLong(bulk,at,bits);
  }
//+------------------------------------------------------------------+
//| One tick (docs/protocol.md, 3)                                 |
//+------------------------------------------------------------------+
static void CTickFeeds::PackTick(const MqlTick &tick,uchar &bulk[],const int at)
  {
   PutLong(bulk,at,(ulong)tick.time);
   PutDouble(bulk,at+8,tick.bid);
   PutDouble(bulk,at+16,tick.ask);
   PutDouble(bulk,at+24,tick.last);
   PutLong(bulk,at+32,tick.volume);
   PutLong(bulk,at+40,(ulong)tick.time_msc);
   CBytes::PutUint32Le(bulk,at+48,tick.flags);
   PutDouble(bulk,at+52,tick.volume_real);
  }
#endif
//+------------------------------------------------------------------+
